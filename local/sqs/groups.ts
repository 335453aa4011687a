import type { ReadyOrder, Slot } from './lane.ts'

/** One message group: its messages oldest first, in flight and delayed ones too. */
interface Group {
  readonly slots: Slot[]
}

/**
 * FIFO queues: a group is open while its oldest message is receivable. A call takes from one group as much as it can, then from the
 * group that has been open for longest (SQS developer guide, "FIFO queue delivery logic"; that a group stands at the end of the line
 * each time it opens is observed).
 */
export const createGroups = (): ReadyOrder => {
  const groups = new Map<string, Group>()
  // in the order in which they opened
  const open = new Set<Group>()

  const settle = (id: string, group: Group) => {
    const [oldest] = group.slots
    if (!oldest) groups.delete(id)
    if (oldest?.state === 'ready') open.add(group)
    else open.delete(group)
  }
  const nextOf = (group: Group, taken: ReadonlySet<Slot>): Slot | undefined => {
    const next = group.slots.find((slot) => !taken.has(slot))
    return next?.state === 'ready' ? next : undefined
  }

  return {
    changed: (slot) => {
      const group = groups.get(slot.group) ?? { slots: [] }
      groups.set(slot.group, group)
      const last = group.slots.at(-1)
      // orders rise: what is new comes last
      if (!last || last.order < slot.order) group.slots.push(slot)
      settle(slot.group, group)
    },
    removed: (slot) => {
      const group = groups.get(slot.group)
      const index = group?.slots.indexOf(slot) ?? -1
      if (!group || index < 0) return
      group.slots.splice(index, 1)
      settle(slot.group, group)
    },
    next: (taken) => {
      const latest = [...taken].at(-1)
      const going = latest && groups.get(latest.group)
      const next = going && nextOf(going, taken)
      if (next) return next
      const [group] = open
      return group && nextOf(group, taken)
    },
  }
}
