/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compressed streams, on libzstd. */
#include "pack.h"

#include <errno.h>
#include <unistd.h>
#include <zstd.h>
#include "ipctop/io.h"
#include "ipctop/library.h"

#define CALLS(X) \
	X(ZSTD_CCtx_setParameter) X(ZSTD_CStreamOutSize) X(ZSTD_DCtx_reset) \
	X(ZSTD_DStreamInSize) X(ZSTD_compressStream2) X(ZSTD_createCCtx) \
	X(ZSTD_createDCtx) X(ZSTD_decompressStream) X(ZSTD_freeCCtx) X(ZSTD_freeDCtx) \
	X(ZSTD_isError) X(ZSTD_maxCLevel)

LIBRARY(library, LIBZSTD, call, CALLS);

#define MOST_THREADS	8
#define WORTH_THREADS	(8 << 20)	/* bytes; less is packed sooner than threads are started */

/* The frame's first bytes: the magic number and a byte of flags. */
#define HEAD_BYTES	5
#define FLAGS_MASK	0x1f		/* dictionary, checksum, reserved and unused bits ... */
#define FLAGS_OURS	0x04		/* ... of which a packer sets just the checksum's */

struct packer {
	ZSTD_CCtx *ctx;
	int fd;
	char *out;
	size_t room;
};

int pack_level_max(void)
{
	library_need(&library);
	return call.ZSTD_maxCLevel();
}

struct packer *packer_new(int fd, int level, uint64_t expected)
{
	struct packer *p = xcalloc(1, sizeof(*p));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	library_need(&library);
	p->fd = fd;
	p->room = call.ZSTD_CStreamOutSize();
	p->out = xcalloc(p->room, 1);
	p->ctx = call.ZSTD_createCCtx();
	if (!p->ctx)
		out_of_memory();
	call.ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_compressionLevel, level);
	call.ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_checksumFlag, 1);
	/* a library that was built without threads refuses, and works with this one */
	if (expected >= WORTH_THREADS && cores > 1)
		call.ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_nbWorkers,
					    cores < MOST_THREADS ? (int)cores : MOST_THREADS);
	return p;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	call.ZSTD_freeCCtx(p->ctx);
	free(p->out);
	free(p);
}

/* One step of the library, and what came of it into the file: bytes that are still to come, or -errno. */
static int64_t step(struct packer *p, ZSTD_inBuffer *in, ZSTD_EndDirective how)
{
	ZSTD_outBuffer out = { .dst = p->out, .size = p->room };
	size_t left = call.ZSTD_compressStream2(p->ctx, &out, in, how);
	int rc;

	if (call.ZSTD_isError(left))
		return -ENOMEM;		/* nothing else can fail in it, but for want of threads */
	rc = io_write(p->fd, p->out, out.pos);
	return rc ? rc : (int64_t)left;
}

int packer_put(struct packer *p, const void *s, size_t n)
{
	ZSTD_inBuffer in = { .src = s, .size = n };

	while (in.pos < in.size) {
		int64_t rc = step(p, &in, ZSTD_e_continue);

		if (rc < 0)
			return rc;
	}
	return 0;
}

int packer_end(struct packer *p)
{
	ZSTD_inBuffer in = { 0 };
	int64_t rc;

	do
		rc = step(p, &in, ZSTD_e_end);
	while (rc > 0);
	return rc;
}

struct unpacker {
	ZSTD_DCtx *ctx;
	int fd;
	char *in;
	size_t room;
	ZSTD_inBuffer have;
	bool ended;			/* the frame, and its checksum is right */
	int failed;
};

struct unpacker *unpacker_new(int fd)
{
	struct unpacker *u = xcalloc(1, sizeof(*u));

	u->fd = fd;
	library_need(&library);
	u->room = call.ZSTD_DStreamInSize();
	u->in = xcalloc(u->room, 1);
	u->ctx = call.ZSTD_createDCtx();
	if (!u->ctx)
		out_of_memory();
	u->failed = -EINVAL;	/* until it is rewound */
	return u;
}

void unpacker_free(struct unpacker *u)
{
	if (!u)
		return;
	call.ZSTD_freeDCtx(u->ctx);
	free(u->in);
	free(u);
}

/* More of the file, behind what is left of the last piece: bytes, 0 at its end, or -errno. */
static int64_t read_more(struct unpacker *u)
{
	ssize_t n;

	if (u->have.pos < u->have.size)
		return u->have.size - u->have.pos;
	do
		n = read(u->fd, u->in, u->room);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	u->have = (ZSTD_inBuffer){ .src = u->in, .size = n };
	return n;
}

static int check_head(struct unpacker *u)
{
	static const unsigned char magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	int64_t n = read_more(u);

	if (n < 0)
		return n;
	if (n < HEAD_BYTES || memcmp(u->in, magic, sizeof(magic)) ||
	    (u->in[sizeof(magic)] & FLAGS_MASK) != FLAGS_OURS)
		return -EINVAL;
	return 0;
}

int unpacker_rewind(struct unpacker *u)
{
	call.ZSTD_DCtx_reset(u->ctx, ZSTD_reset_session_only);
	u->have = (ZSTD_inBuffer){ 0 };
	u->ended = false;
	u->failed = lseek(u->fd, 0, SEEK_SET) < 0 ? -errno : check_head(u);
	return u->failed;
}

/* One step of the library into @out. */
static int unpack(struct unpacker *u, ZSTD_outBuffer *out)
{
	size_t before = out->pos, left;
	int64_t n = read_more(u);

	if (n < 0)
		return n;
	left = call.ZSTD_decompressStream(u->ctx, out, &u->have);
	if (call.ZSTD_isError(left))
		return -EBADMSG;
	u->ended = !left;
	return n || out->pos > before || u->ended ? 0 : -ENODATA;
}

int64_t unpacker_get(struct unpacker *u, void *buffer, size_t n)
{
	ZSTD_outBuffer out = { .dst = buffer, .size = n };

	while (!u->failed && !u->ended && out.pos < out.size)
		u->failed = unpack(u, &out);
	return u->failed ? u->failed : (int64_t)out.pos;
}

int unpacker_end(struct unpacker *u)
{
	char more;
	int64_t n = unpacker_get(u, &more, 1);

	if (!n)
		n = read_more(u);
	if (n > 0)
		u->failed = -EBADMSG;
	else if (n < 0)
		u->failed = n;
	return u->failed;
}
