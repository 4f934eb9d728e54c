/* SPDX-License-Identifier: MIT
 * Copyright (c) 2026 the mmekit authors */
#include <mmk/port.h>

static bool registry_ok(const struct mmk_registry *r)
{
    const struct mmk_registry_ops *o = r != NULL ? r->ops : NULL;
    return o != NULL && o->get && o->set && o->delete_value && o->create_key && o->delete_key &&
           o->enum_value && o->enum_key && o->has_key && o->flush && o->discard;
}

static bool files_ok(const struct mmk_files *f)
{
    const struct mmk_files_ops *o = f != NULL ? f->ops : NULL;
    return o != NULL && o->stat && o->hash && o->copy && o->rename && o->remove &&
           o->remove_later && o->ini_set && o->ini_get;
}

static bool journal_ok(const struct mmk_journal *j)
{
    const struct mmk_journal_ops *o = j != NULL ? j->ops : NULL;
    return o != NULL && o->lock && o->unlock && o->read && o->append && o->sync && o->reset &&
           o->status_write && o->status_read && o->log;
}

static bool devices_ok(const struct mmk_devices *d)
{
    const struct mmk_devices_ops *o = d != NULL ? d->ops : NULL;
    return o != NULL && o->enumerate && o->probe && o->open && o->start && o->stop && o->kick &&
           o->close;
}

static bool platform_ok(const struct mmk_platform *p)
{
    const struct mmk_platform_ops *o = p != NULL ? p->ops : NULL;
    if (o == NULL)
        return false;
    return o->now_ns && o->wall_s && o->sleep_ns && o->alloc && o->free && o->mutex_create &&
           o->mutex_destroy && o->mutex_lock && o->mutex_unlock && o->event_create &&
           o->event_destroy && o->event_set && o->event_wait && o->thread_start && o->thread_join &&
           o->thread_id && o->cpu_features && o->program && o->env && o->log && o->inspect_module &&
           o->try_load_module;
}

static bool notify_ok(const struct mmk_notify *n)
{
    return n != NULL && n->ops != NULL && n->ops->deliver;
}

static bool ui_ok(const struct mmk_ui *ui)
{
    return ui == NULL || (ui->ops != NULL && ui->ops->prompt);
}

mmk_err mmk_port_check(const struct mmk_port *port)
{
    if (port == NULL || port->host == NULL)
        return MMK_ERR_INVAL;
    if (port->pointer_bits != 32 && port->pointer_bits != 64)
        return MMK_ERR_INVAL;
    if (!registry_ok(port->registry) || !files_ok(port->files) || !journal_ok(port->journal))
        return MMK_ERR_INVAL;
    if (port->user_journal != NULL && !journal_ok(port->user_journal))
        return MMK_ERR_INVAL;
    if (!devices_ok(port->devices) || !platform_ok(port->platform))
        return MMK_ERR_INVAL;
    return notify_ok(port->notify) && ui_ok(port->ui) ? MMK_OK : MMK_ERR_INVAL;
}
