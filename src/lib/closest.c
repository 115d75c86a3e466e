/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipctop/text.h"

#include <string.h>

/* Edits (a letter more, less, other, or two swapped) from @a to @b; words of 31 bytes at most. */
static unsigned int distance(const char *a, const char *b)
{
	enum { LONG = 32 };
	unsigned int d[LONG][LONG], la = strlen(a), lb = strlen(b);

	if (la >= LONG || lb >= LONG)
		return LONG;
	for (unsigned int i = 0; i <= la; i++) {
		for (unsigned int j = 0; j <= lb; j++) {
			unsigned int best;

			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[la][lb];
}

const char *text_closest(const char *word, const char *(*name)(const void *arg, unsigned int i),
			 const void *arg)
{
	/* a third of the word may be wrong, and three letters: beyond that a guess helps nobody */
	unsigned int least = (unsigned int)strnlen(word, 9) / 3 + 1;
	const char *closest = NULL, *candidate;

	for (unsigned int i = 0; (candidate = name(arg, i)); i++) {
		unsigned int d = distance(word, candidate);

		if (d < least) {
			least = d;
			closest = candidate;
		}
	}
	return closest;
}
