/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

static int load(struct library *l)
{
	void *library = dlopen(l->soname, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < l->count; i++) {
		void *symbol = dlsym(library, l->names[i]);

		if (!symbol)
			return -ELIBACC;
		memcpy((char *)l->pointers + i * sizeof(symbol), &symbol, sizeof(symbol));
	}
	return library ? 1 : -ELIBACC;
}

int library_open(struct library *l)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	int state = __atomic_load_n(&l->state, __ATOMIC_ACQUIRE);

	if (!state) {
		pthread_mutex_lock(&mutex);
		state = l->state ? l->state : load(l);
		__atomic_store_n(&l->state, state, __ATOMIC_RELEASE);
		pthread_mutex_unlock(&mutex);
	}
	return state > 0 ? 0 : state;
}

void library_need(struct library *l)
{
	if (!library_open(l))
		return;
	fprintf(stderr, "ipctop: %s: the library cannot be opened\n", l->soname);
	exit(127);
}
