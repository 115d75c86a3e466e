/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IPCTOP_BANNED_H
#define IPCTOP_BANNED_H

/*
 * Functions that are easy to use wrongly are compile errors; the Makefile includes
 * this file before all others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(f) ipctop_does_not_use_##f
#undef strcpy
#define strcpy BANNED(strcpy)
#undef strcat
#define strcat BANNED(strcat)
#undef strncpy
#define strncpy BANNED(strncpy)
#undef strncat
#define strncat BANNED(strncat)
#undef strtok
#define strtok BANNED(strtok)
#undef sprintf
#define sprintf BANNED(sprintf)
#undef vsprintf
#define vsprintf BANNED(vsprintf)
#undef gets
#define gets BANNED(gets)
#undef atoi
#define atoi BANNED(atoi)
#undef atol
#define atol BANNED(atol)
#undef localtime
#define localtime BANNED(localtime)
#undef gmtime
#define gmtime BANNED(gmtime)
#undef ctime
#define ctime BANNED(ctime)
#undef asctime
#define asctime BANNED(asctime)

#endif
