import type {
  CreateArchiveCommandInput,
  ListArchivesCommandInput,
  UpdateArchiveCommandInput,
} from '@aws-sdk/client-eventbridge'
import type { Parts } from '../contracts.ts'
import { AwsError, type Call, type Operation } from '../gateway/service.ts'
import { type Archive, type Archives, archiveArn } from './archives.ts'
import type { Buses } from './buses.ts'
import { pageOf } from './page.ts'
import { compilePattern } from './pattern.ts'
import { busArn } from './places.ts'

interface Named {
  readonly ArchiveName?: string | undefined
}

/** At most one filter, as ListArchives and ListReplays want it. @throws AwsError ValidationException */
export const checkFilters = (
  operation: string,
  input: { NamePrefix?: string | undefined; EventSourceArn?: string | undefined; State?: string | undefined },
): void => {
  const { NamePrefix, EventSourceArn, State } = input
  if ([NamePrefix, EventSourceArn, State].filter((filter) => filter !== undefined).length > 1)
    throw new AwsError(
      'ValidationException',
      `At most one filter is allowed for ${operation}. Use either : State, EventSourceArn, or NamePrefix.`,
    )
}

/** Operations on archives: EventBridge API Reference; texts from recorded answers. */
export const archiveOperations = (needs: {
  readonly parts: Pick<Parts, 'now'>
  readonly buses: Buses
  readonly archives: Archives
}): Record<string, Operation> => {
  const { parts, buses, archives } = needs
  const find = ({ ArchiveName = '' }: Named, call: Call): Archive => {
    const archive = archives.get(call, ArchiveName)
    if (archive) return archive
    throw new AwsError('ResourceNotFoundException', `Archive ${ArchiveName} does not exist.`)
  }
  const answer = ({ name, place, createdAt }: Archive) => ({
    ArchiveArn: archiveArn(place, name),
    CreationTime: new Date(createdAt),
    State: 'ENABLED',
  })
  return {
    CreateArchive: (input: CreateArchiveCommandInput, call: Call) => {
      const place = buses.resolve(input.EventSourceArn, call)
      const name = input.ArchiveName ?? ''
      if (archives.get(call, name))
        throw new AwsError('ResourceAlreadyExistsException', `Archive ${name} already exists.`)
      if (input.EventPattern) compilePattern(input.EventPattern)
      const archive = {
        name,
        place,
        retentionDays: input.RetentionDays ?? 0,
        createdAt: parts.now(),
        events: 0,
        bytes: 0,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.EventPattern ? { pattern: input.EventPattern } : {}),
      }
      archives.save(archive)
      return answer(archive)
    },
    UpdateArchive: (input: UpdateArchiveCommandInput, call: Call) => {
      const archive = find(input, call)
      if (input.EventPattern) compilePattern(input.EventPattern)
      archives.save({
        ...archive,
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.EventPattern === undefined ? {} : { pattern: input.EventPattern }),
        ...(input.RetentionDays === undefined ? {} : { retentionDays: input.RetentionDays }),
      })
      return answer(archive)
    },
    DescribeArchive: (input: Named, call: Call) => {
      const archive = find(input, call)
      return {
        ...summary(archive),
        ArchiveArn: archiveArn(call, archive.name),
        ...(archive.description === undefined ? {} : { Description: archive.description }),
        ...(archive.pattern === undefined ? {} : { EventPattern: archive.pattern }),
      }
    },
    ListArchives: (input: ListArchivesCommandInput, call: Call) => {
      checkFilters('ListArchives', input)
      const source = input.EventSourceArn && busArn(buses.resolve(input.EventSourceArn, call))
      const all = archives
        .list(call)
        .filter(
          ({ name, place }) =>
            name.startsWith(input.NamePrefix ?? '') && (!source || busArn(place) === source),
        )
        .filter(() => (input.State ?? 'ENABLED') === 'ENABLED')
      const { part, ...next } = pageOf(all, ({ name }) => name, input)
      return { Archives: part.map(summary), ...next }
    },
    DeleteArchive: (input: Named, call: Call) => {
      archives.delete(find(input, call))
      return {}
    },
  }
}

const summary = (archive: Archive) => ({
  ArchiveName: archive.name,
  EventSourceArn: busArn(archive.place),
  State: 'ENABLED',
  RetentionDays: archive.retentionDays,
  SizeBytes: archive.bytes,
  EventCount: archive.events,
  CreationTime: new Date(archive.createdAt),
})
