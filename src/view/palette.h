/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_PALETTE_H
#define IPCTOP_PALETTE_H

/* Escape sequences of the views: the same meaning has the same colour everywhere. */
#define COLOR_RESET	"\033[0m"
#define COLOR_BOLD	"\033[1m"
#define COLOR_DIM	"\033[2m"
#define COLOR_LIVE	"\033[32m"
#define COLOR_IDLE	"\033[33m"
#define COLOR_UNKNOWN	"\033[35m"
#define COLOR_STALE	"\033[1;31m"

#endif
