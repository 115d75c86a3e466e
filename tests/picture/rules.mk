# SPDX-License-Identifier: GPL-2.0-or-later
# make picture: the screen that README shows, taken anew. As root, with tmux.

picture: $(O)/ipctop
	$(say) PICTURE man/monitor.svg
	$(Q)tests/picture/take $(O)/ipctop man/monitor.svg
.PHONY: picture
