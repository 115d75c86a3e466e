/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scheme.h"

#include <stddef.h>
#include <string.h>
#include "ipctop/alloc.h"

const char *const scheme_names[NR_SCHEMES + 1] = {
	[SCHEME_DEFAULT] = "default", [SCHEME_LIGHT] = "light", [SCHEME_MONO] = "monochrome",
	[SCHEME_CONTRAST] = "contrast",
};

enum { OWN = -1, BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE };
#define B LOOK_BOLD
#define D LOOK_DIM
#define U LOOK_UNDERLINE
#define R LOOK_REVERSE

/* One row a role: in the default scheme, for light backgrounds, without colours, in high contrast. */
static const struct look_of looks[NR_ROLES][NR_SCHEMES] = {
	[ROLE_TEXT]	= { { OWN, OWN },	{ OWN, OWN },	{ OWN, OWN },	{ OWN, OWN, B } },
	[ROLE_DIM]	= { { OWN, OWN, D },	{ OWN, OWN, D },	{ OWN, OWN },	{ OWN, OWN } },
	[ROLE_BOLD]	= { { OWN, OWN, B },	{ OWN, OWN, B },	{ OWN, OWN, B }, { OWN, OWN, B | U } },
	[ROLE_HEADING]	= { { BLACK, GREEN },	{ WHITE, BLUE },	{ OWN, OWN, R }, { BLACK, WHITE, B } },
	[ROLE_SORTED]	= { { BLACK, CYAN },	{ WHITE, BLUE, B | U },	{ OWN, OWN, R | B | U },
			    { WHITE, BLUE, B } },
	[ROLE_SELECTED]	= { { BLACK, CYAN },	{ WHITE, BLUE },	{ OWN, OWN, R },	{ BLACK, YELLOW } },
	[ROLE_TAGGED]	= { { YELLOW, OWN, B },	{ MAGENTA, OWN, B },	{ OWN, OWN, B },
			    { YELLOW, OWN, B } },
	[ROLE_NEW]	= { { GREEN, OWN, B },	{ GREEN, OWN, B },	{ OWN, OWN, B },
			    { GREEN, OWN, B } },
	[ROLE_CHANGED]	= { { OWN, OWN, B },	{ OWN, OWN, B },	{ OWN, OWN },	{ OWN, OWN, B | U } },
	[ROLE_GONE]	= { { OWN, OWN, D },	{ OWN, OWN, D },	{ OWN, OWN, U },	{ OWN, OWN } },
	[ROLE_LIVE]	= { { GREEN, OWN },	{ GREEN, OWN },	{ OWN, OWN },	{ GREEN, OWN, B } },
	[ROLE_IDLE]	= { { YELLOW, OWN },	{ BLUE, OWN },	{ OWN, OWN },	{ CYAN, OWN, B } },
	[ROLE_UNKNOWN]	= { { MAGENTA, OWN },	{ MAGENTA, OWN },	{ OWN, OWN },	{ MAGENTA, OWN, B } },
	[ROLE_STALE]	= { { RED, OWN, B },	{ RED, OWN, B },	{ OWN, OWN, B },	{ WHITE, RED, B } },
	[ROLE_TAB]	= { { OWN, OWN },	{ OWN, OWN },	{ OWN, OWN },	{ OWN, OWN, B } },
	[ROLE_TAB_ACTIVE] = { { BLACK, GREEN },	{ WHITE, BLUE },	{ OWN, OWN, R },	{ BLACK, WHITE, B } },
	[ROLE_KEY]	= { { OWN, OWN },	{ OWN, OWN, B },	{ OWN, OWN, B },	{ OWN, OWN, B } },
	[ROLE_LABEL]	= { { BLACK, CYAN },	{ WHITE, BLUE },	{ OWN, OWN, R },	{ BLACK, WHITE, B } },
	[ROLE_METER]	= { { GREEN, OWN },	{ GREEN, OWN },	{ OWN, OWN },	{ GREEN, OWN, B } },
	[ROLE_METER_HIGH] = { { RED, OWN, B },	{ RED, OWN, B },	{ OWN, OWN, B },	{ WHITE, RED, B } },
	[ROLE_GRAPH]	= { { CYAN, OWN },	{ BLUE, OWN },	{ OWN, OWN },	{ CYAN, OWN, B } },
	[ROLE_BAR_A]	= { { CYAN, OWN },	{ BLUE, OWN },	{ OWN, OWN },	{ CYAN, OWN, B } },
	[ROLE_BAR_B]	= { { GREEN, OWN },	{ GREEN, OWN },	{ OWN, OWN },	{ GREEN, OWN, B } },
	[ROLE_BAR_C]	= { { YELLOW, OWN },	{ MAGENTA, OWN },	{ OWN, OWN },	{ YELLOW, OWN, B } },
	[ROLE_BAR_D]	= { { MAGENTA, OWN },	{ RED, OWN },	{ OWN, OWN },	{ MAGENTA, OWN, B } },
	[ROLE_ERROR]	= { { RED, OWN, B },	{ RED, OWN, B },	{ OWN, OWN, B },	{ WHITE, RED, B } },
	[ROLE_DIALOG]	= { { OWN, OWN },	{ OWN, OWN },	{ OWN, OWN },	{ OWN, OWN, B } },
	[ROLE_DIALOG_TITLE] = { { OWN, OWN, B }, { OWN, OWN, B }, { OWN, OWN, B }, { OWN, OWN, B | R } },
	[ROLE_CHOICE]	= { { BLACK, CYAN },	{ WHITE, BLUE },	{ OWN, OWN, R },	{ BLACK, YELLOW } },
};

const struct look_of *scheme_look(enum scheme scheme, enum role role)
{
	return &looks[role][scheme];
}

enum role scheme_sgr_role(const char *codes, size_t n)
{
	static const struct {
		const char *codes;
		enum role role;
	} table[] = {
		{ "0", ROLE_TEXT }, { "1", ROLE_BOLD }, { "2", ROLE_DIM }, { "32", ROLE_LIVE },
		{ "33", ROLE_IDLE }, { "35", ROLE_UNKNOWN }, { "1;31", ROLE_STALE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (strlen(table[i].codes) == n && !memcmp(table[i].codes, codes, n))
			return table[i].role;
	return ROLE_TEXT;
}
