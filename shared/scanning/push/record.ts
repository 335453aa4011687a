import type { RepositoryAddress } from '../../codecommit/address.ts'
import { type FindingRecord, placeKey } from '../../store/findings.ts'
import { firstHere } from '../findings/elsewhere.ts'
import { allow, deleted, disallow, followed, type Sighting, seen } from '../findings/states.ts'
import { secretFound, secretResolved, toName } from '../findings/tell.ts'
import { lookElsewhere } from './elsewhere.ts'
import type { ScanParts } from './ports.ts'
import type { TeamRules } from './rules.ts'
import { byIgnoreFile, isByIgnoreFile } from './sightings.ts'

/** Findings kept of one scan; the rest is counted. Sure ones come first. */
export const MAX_FINDINGS = 2_000

/** What is known of a repository's findings while it is scanned: written where it changed. */
export interface Ledger {
  records(): readonly FindingRecord[]
  /** @returns how many were beyond what is kept */
  see(sightings: readonly Sighting[], at: string): Promise<number>
  change(records: readonly FindingRecord[], renamed: readonly FindingRecord[]): Promise<void>
  /** what the ignore file says now of what was found before */
  ignore(rules: Pick<TeamRules, 'ignores' | 'branch'>, at: string): Promise<void>
  /** what this scan found in one file and missed in another is one finding, which moved */
  follow(at: string): Promise<void>
  /** what is open is there no more: its repository was deleted */
  close(at: string): Promise<void>
  /** tells what nobody was told; whoever dies between tells it again */
  tell(): Promise<{ readonly found: number; readonly resolved: number }>
}

export const openLedger = async (
  parts: Pick<ScanParts, 'findings' | 'emit' | 'way'>,
  repository: RepositoryAddress,
): Promise<Ledger> => {
  const { findings, emit, way } = parts
  const formers = new Map<string, string>()
  const known = new Map((await findings.list(repository)).map((record) => [placeKey(record), record]))
  const save = async (records: readonly FindingRecord[]) => {
    await findings.save(records)
    for (const record of records) known.set(placeKey(record), record)
  }
  const drop = async (records: readonly FindingRecord[]) => {
    await findings.remove(records)
    for (const record of records) known.delete(placeKey(record))
  }
  return {
    records: () => [...known.values()],
    see: async (sightings, at) => {
      const inOrder = sightings.toSorted(
        (a, b) => Number(b.action === 'block') - Number(a.action === 'block'),
      )
      const kept = inOrder.slice(0, MAX_FINDINGS)
      const changed: FindingRecord[] = []
      const rekeyed: FindingRecord[] = []
      for (const sighting of kept) {
        if (sighting.former !== undefined) formers.set(sighting.fingerprint, sighting.former)
        const before = known.get(placeKey(sighting))
        const former =
          before || sighting.former === undefined
            ? undefined
            : known.get(placeKey({ ...sighting, fingerprint: sighting.former }))
        if (former) rekeyed.push(former)
        changed.push(seen(before ?? former, sighting, at))
      }
      await save(changed)
      await drop(rekeyed)
      return inOrder.length - kept.length
    },
    change: async (records, renamed) => {
      await save(records)
      await drop(renamed)
    },
    ignore: async ({ ignores, branch }, at) => {
      const changed = [...known.values()].flatMap((record) => {
        const entry = ignores.entryFor(namesOf(record))
        if (record.state === 'open' && entry) return [allow(record, byIgnoreFile(branch, entry), at)]
        return record.state === 'allowed' && isByIgnoreFile(record.allowed) && !entry
          ? [disallow(record, at)]
          : []
      })
      await save(changed)
    },
    follow: async (at) => {
      const pairs = followed([...known.values()], at)
      await save(pairs.map(({ now }) => now))
      await drop(pairs.map(({ before }) => before))
    },
    close: async (at) => {
      await save([...known.values()].filter(({ state }) => state === 'open').map((one) => deleted(one, at)))
    },
    tell: async () => {
      const of = (kind: FindingRecord['untold']) =>
        [...known.values()].filter(({ untold }) => untold === kind)
      const [found, resolved] = [of('found'), of('resolved')]
      const first = firstHere([...known.values()])
      const named = [...toName(found), ...toName(resolved)].map(({ fingerprint }) => fingerprint)
      const sought = [...new Set(named)].map((fingerprint) => ({
        fingerprint,
        former: formers.get(fingerprint),
        isFirst: first.has(fingerprint),
      }))
      const elsewhere = await lookElsewhere(findings, repository, sought)
      if (found.length > 0)
        await emit('Secret Found', {
          ...secretFound(repository, found, elsewhere),
          ...(way === undefined ? {} : { way }),
        })
      if (resolved.length > 0) await emit('Secret Resolved', secretResolved(repository, resolved, elsewhere))
      await save([...found, ...resolved].map(({ untold: _told, ...record }) => record))
      return { found: found.length, resolved: resolved.length }
    },
  }
}

/** By which `.gitleaksignore` knows a finding. */
const namesOf = ({ fingerprint, rule, path, line, commit }: FindingRecord) => ({
  fingerprint,
  ruleId: rule,
  path,
  startLine: line ?? 0,
  ...(commit === undefined ? {} : { commit }),
})
