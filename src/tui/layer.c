/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stack of what lies above the tabs, and where clicks mean something. */
#include "tui.h"

#include <sys/eventfd.h>

void layer_push(struct monitor *m, struct layer *layer)
{
	if (m->nlayers == MAX_LAYERS)
		layer_pop(m);
	zones_forget(m);
	m->layers[m->nlayers++] = layer;
}

void layer_pop(struct monitor *m)
{
	struct layer *layer = m->layers[--m->nlayers];

	m->layers[m->nlayers] = NULL;
	zones_forget(m);
	layer->ops->release(layer);
	/* a dialog may wait for its turn */
	if (m->job)
		eventfd_write(m->wake, 1);
}

struct layer *layer_top(const struct monitor *m)
{
	return m->nlayers ? m->layers[m->nlayers - 1] : NULL;
}

/* What lies below a layer cannot be clicked. */
void layers_draw(struct monitor *m)
{
	for (unsigned int i = 0; i < m->nlayers; i++) {
		zones_forget(m);
		m->layers[i]->ops->draw(m, m->layers[i]);
	}
}

void zones_forget(struct monitor *m)
{
	m->nzones = 0;
}

void zone_add(struct monitor *m, int y, int x, int height, int width, zone_fn click, int arg)
{
	if (m->nzones == ARRAY_SIZE(m->zones))
		return;	/* more than fits on any screen */
	m->zones[m->nzones++] = (struct zone){
		.area = { .y = y, .x = x, .height = height, .width = width }, .click = click, .arg = arg,
	};
}

static bool is_inside(const struct area *a, const struct input *in)
{
	return in->y >= a->y && in->y < a->y + a->height && in->x >= a->x && in->x < a->x + a->width;
}

bool zone_click(struct monitor *m, const struct input *in)
{
	for (unsigned int i = m->nzones; i-- > 0;) {
		const struct zone *z = &m->zones[i];

		if (!is_inside(&z->area, in))
			continue;
		z->click(m, z->arg, in);
		return true;
	}
	return false;
}
