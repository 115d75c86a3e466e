/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of objects: their facts by statx, and their names. */
#include "pass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "ipctop/name.h"

struct object *object_add(struct pass *p, enum kind kind, uint32_t *index)
{
	struct object *o;
	struct where *w = table_add(&p->where, sizeof(*w));

	w->fd = -1;
	*index = snapshot_count(p->s, CLASS_OBJECT);
	o = snapshot_add(p->s, CLASS_OBJECT);
	FACT_SET(o, kind, kind);
	FACT_SET(o, flags, 0);
	return o;
}

struct where *pass_where(const struct pass *p, uint32_t object)
{
	return (struct where *)p->where.rows + object;
}

static void stat_flags(struct object *o, const struct statx *stx)
{
	if (kinds[o->kind].named && stx->stx_nlink == 0)
		o->flags |= OBJECT_UNLINKED;
	/* nobody but holders reaches what has no name: its mode says nothing */
	if (kinds[o->kind].named && stx->stx_mode & S_IWOTH)
		o->flags |= OBJECT_WORLD_WRITABLE;
}

static void stat_times(struct object *o, const struct statx *stx)
{
	/* what is no file (a socket, a ring) may have none */
	if (o->kind == KIND_SPECIAL && !stx->stx_ctime.tv_sec)
		return;
	FACT_SET(o, change_time, stx->stx_ctime.tv_sec);
	FACT_SET(o, modify_time, stx->stx_mtime.tv_sec);
	FACT_SET(o, access_time, stx->stx_atime.tv_sec);
	if (stx->stx_mask & STATX_BTIME)
		FACT_SET(o, birth_time, stx->stx_btime.tv_sec);
}

void object_stat(struct pass *p, struct object *o, const struct statx *stx)
{
	uint64_t page_size = 4096;
	bool huge, memory = kinds[o->kind].memory;
	const char *type;

	if (!FACT_KNOWN(o, device)) {
		FACT_SET(o, device, makedev(stx->stx_dev_major, stx->stx_dev_minor));
		FACT_SET(o, inode, stx->stx_ino);
	}
	huge = is_hugetlb_device(p, o->device, &page_size);
	if (huge)
		o->flags |= OBJECT_HUGETLB;
	if (o->kind == KIND_FILE) {
		type = mounts_type(p, o->device);
		memory = huge || (type && (!strcmp(type, "tmpfs") || !strcmp(type, "ramfs")));
	}
	if (kinds[o->kind].named)
		FACT_SET(o, links, stx->stx_nlink);
	/* a queue's file has always the same */
	if (o->kind != KIND_DEVICE && o->kind != KIND_POSIX_MQ)
		FACT_SET(o, size, stx->stx_size);
	if (memory) {
		FACT_SET(o, allocated, stx->stx_blocks * 512);
		FACT_SET(o, page_size, page_size);
	}
	FACT_SET(o, mode, stx->stx_mode & 07777);
	FACT_SET(o, uid, stx->stx_uid);
	FACT_SET(o, gid, stx->stx_gid);
	stat_times(o, stx);
	stat_flags(o, stx);
}

static void put_by_inode(struct buf *out, const struct object *o)
{
	struct name name = { .kind = o->kind, .form = NAME_INODE, .device = o->device, .inode = o->inode };

	name_put(out, &name);
}

static void put_by_path(struct buf *out, const struct object *o, const char *path, uint64_t mount)
{
	struct name name = { .kind = o->kind, .form = NAME_PATH, .path = (char *)path,
			     .has_mount = mount != 0, .mount = mount };

	name_put(out, &name);
}

static void put_ns(struct buf *out, const struct pass *p, uint64_t ipc_ns)
{
	if (ipc_ns == p->c->ipc_ns)
		return;
	buf_putc(out, '@');
	buf_u64(out, ipc_ns);
}

static void put_sysv(struct buf *out, const struct pass *p, const struct object *o)
{
	buf_puts(out, kinds[o->kind].name);
	buf_putc(out, ':');
	buf_u64(out, o->id);
	put_ns(out, p, o->ipc_ns);
}

static void put_queue(struct buf *out, const struct pass *p, const struct object *o, const struct where *w)
{
	struct buf path = BUF_INIT;

	buf_printf(&path, "/%s", w->below);
	put_by_path(out, o, path.s, 0);
	put_ns(out, p, o->ipc_ns);
	buf_release(&path);
}

/* A file on a shared file system: its path below the root, the sem. of semaphores left out. */
static void put_shared_file(struct buf *out, const struct pass *p, const struct object *o,
			    const struct where *w)
{
	const struct shared_fs *fs = (struct shared_fs *)p->filesystems.rows + w->fs - 1;
	const char *below = w->below + (o->kind == KIND_POSIX_SEM ? strlen("sem.") : 0);
	struct buf path = BUF_INIT;

	buf_putc(&path, '/');
	buf_puts(&path, below);
	put_by_path(out, o, path.s, fs->own ? 0 : fs->device);
	buf_release(&path);
}

void object_name(struct pass *p, uint32_t i)
{
	struct object *o = snapshot_object(p->s, i);
	const struct where *w = pass_where(p, i);
	const struct shared_fs *fs = w->fs ? (struct shared_fs *)p->filesystems.rows + w->fs - 1 : NULL;
	struct buf *name = &p->text;

	buf_reset(name);
	if (kinds[o->kind].sysv)
		put_sysv(name, p, o);
	else if (fs && fs->type == FS_POSIX)
		put_shared_file(name, p, o, w);
	else if (fs && fs->type == FS_MQUEUE && fs->ipc_ns)
		put_queue(name, p, o, w);
	else if ((fs && fs->own) || (w->named && (o->kind == KIND_FILE || o->kind == KIND_DEVICE)))
		put_by_path(name, o, o->path, 0);
	else
		put_by_inode(name, o);
	FACT_SET(o, name, arena_strndup(p->s->arena, name->s, name->len));
}
