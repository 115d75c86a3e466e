/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A name that is read, written and read again is the same name; an error is one clean sentence. */
#include "ipctop/name.h"

#include "ipctop/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fail_unless(bool holds)
{
	if (!holds)
		abort();
}

static void check_clean(const struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		fail_unless((unsigned char)text->s[i] >= 0x20 && text->s[i] != 0x7F);
}

static void check_again(const struct name *name)
{
	struct buf first = BUF_INIT, second = BUF_INIT, error = BUF_INIT;
	struct name again;

	name_put(&first, name);
	check_clean(&first);
	fail_unless(!name_parse(first.s, &again, &error));
	name_put(&second, &again);
	fail_unless(!strcmp(first.s, second.s));
	fail_unless(again.kind == name->kind && again.form == name->form && again.id == name->id &&
		    again.key == name->key && again.device == name->device &&
		    again.inode == name->inode && again.ns == name->ns && again.mount == name->mount);
	fail_unless(!again.path == !name->path && (!name->path || !strcmp(again.path, name->path)));
	name_release(&again);
	buf_release(&first);
	buf_release(&second);
	buf_release(&error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = xstrndup((const char *)data, n);
	struct buf error = BUF_INIT;
	struct name name;

	if (name_parse(text, &name, &error)) {
		fail_unless(error.len > 0);
		check_clean(&error);
	} else {
		fail_unless(!error.len);
		check_again(&name);
		name_release(&name);
	}
	buf_release(&error);
	free(text);
	return 0;
}
