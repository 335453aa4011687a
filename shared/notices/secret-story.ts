import type { NamedFinding, ScanEvent } from '../events/types.ts'
import type { SecretItem } from './items.ts'
import { browseLink, commitLink, repositoriesLink } from './links.ts'
import type { Fact, Story } from './story.ts'
import { count, moment, place, sentence, short, shortRef } from './words.ts'

/** What a scan of one repository says. */
export const secretStory = ({ event }: SecretItem): Story => {
  const { repository } = event.detail
  const part = partOf(event)
  return {
    id: event.id,
    test: false,
    mood: part.mood,
    kinds: ['secret'],
    events: [event.detailType],
    headline: `${repository.name}: ${part.says}`,
    repository,
    at: event.at,
    facts: [
      { label: 'Where', value: `${repository.name} in ${place(repository)}` },
      ...part.facts,
      { label: 'When', value: moment(event.at) },
    ],
    moves: [],
    scanEvent: event,
    ...(part.lines === undefined ? {} : { lines: part.lines }),
    nextStep: sentence(event.detail.nextStep),
    link: linkOf(event),
  }
}

interface Part {
  readonly mood: Story['mood']
  readonly says: string
  readonly facts: readonly Fact[]
  readonly lines?: Story['lines']
}

const partOf = (event: ScanEvent): Part => {
  switch (event.detailType) {
    case 'Secret Found': {
      const { findings, found, blocking } = event.detail
      const [first] = findings
      return {
        mood: blocking > 0 ? 'bad' : 'waiting',
        says: `${blocking > 0 ? 'SECRET' : 'possible secret'} ${cameBy(findings)}: ${summaryOf(found, first)}`,
        facts: first && found === 1 ? factsOf(first) : countsOf(findings, found, blocking),
        ...(found === 1 ? {} : { lines: { of: 'finding', texts: findings.map(lineOf), total: found } }),
      }
    }
    case 'Secret Resolved': {
      const { findings, resolved } = event.detail
      const [first] = findings
      const why = [...new Set(findings.map((finding) => HOW[finding.how]))].join('; ')
      const reasons = [...new Set(findings.flatMap((finding) => finding.why ?? []))].map(sentence)
      return {
        mood: 'plain',
        says: `${endOf(findings)}: ${summaryOf(resolved, first)}`,
        facts: [
          ...(first && resolved === 1 ? factsOf(first) : []),
          { label: 'Why', value: [why, ...reasons].join('; ') },
        ],
        ...(resolved === 1 ? {} : { lines: { of: 'finding', texts: findings.map(lineOf), total: resolved } }),
      }
    }
    case 'Scan Incomplete': {
      const { gaps, gapsInAll } = event.detail
      return {
        mood: 'waiting',
        says: gaps.some(isSentence)
          ? 'what was pushed could not be searched for secrets to its end'
          : `${count(gapsInAll, 'part')} of a push could not be searched for secrets`,
        facts: [],
        lines: { of: 'part', texts: gaps.map(gapText), total: gapsInAll },
      }
    }
    case 'Scan Rules Invalid': {
      const { file, mistakes, mistakesInAll, used } = event.detail
      return {
        mood: 'waiting',
        says: `${sentence(file)} has ${count(mistakesInAll, 'mistake')}${used ? '' : ' and is not used'}`,
        facts: [
          {
            label: 'Rules in force',
            value: used ? 'the file, without what is wrong in it' : 'those that are shipped with Relay',
          },
        ],
        lines: { of: 'mistake', texts: mistakes.map(sentence), total: mistakesInAll },
      }
    }
  }
}

/** What is open again may have come back without a push: somebody took a permission back. */
const cameBy = (findings: readonly NamedFinding[]): string =>
  findings.length > 0 && findings.every(({ again }) => again) ? 'open again' : 'pushed'

type Resolved = Extract<ScanEvent, { detailType: 'Secret Resolved' }>['detail']['findings'][number]

const endOf = (findings: readonly Pick<Resolved, 'how'>[]): string => {
  if (isDeleted(findings)) return 'repository deleted or renamed, secrets still leaked'
  if (findings.every(({ how }) => how === 'allowed')) return 'allowed, said to be no secret'
  return findings.some(({ how }) => how === 'allowed')
    ? 'allowed, or no longer there and still leaked'
    : 'no longer there, still leaked'
}

const isDeleted = (findings: readonly Partial<Resolved>[]): boolean =>
  findings.some(({ how }) => how === 'deleted')

const HOW = {
  gone: 'gone from every branch that had it',
  deleted: 'there is no repository of that name any more',
  allowed: 'allowed',
} as const

export const summaryOf = (number: number, first: NamedFinding | undefined): string =>
  first && number === 1
    ? `${briefly(first.description)} ${atOf(first)}`
    : `${count(number, 'finding')}${first ? `, the first ${atOf(first)}` : ''}`

/** A subject has a hundred characters, and the place is to be among them: what stands in brackets is for longer texts. */
const briefly = (description: string): string => sentence(description.replace(/ \([^()]*\)/g, ''))

/** `in config/app.yml, line 7` */
const atOf = ({ place: where, path, line, commit }: Omit<Where, 'refs'>): string => {
  const at = line === undefined ? '' : `, line ${line}`
  if (where === 'commit-message') return `in the message of commit ${short(commit ?? '?')}`
  if (where === 'tag-message') return 'in the message of a tag'
  if (where === 'ref-name')
    return `in the name of ${/^refs\/tags\//.test(path) ? 'tag' : 'branch'} ${oneLine(path)}`
  if (where === 'path') return `by its name, ${oneLine(path)}`
  return `in ${oneLine(path)}${at}`
}

const oneLine = (path: string): string => shortRef(sentence(path))

const branchesOf = ({ refs }: Pick<NamedFinding, 'refs'>): string => refs.map(shortRef).join(', ')

/** `orders: open in config/app.env, line 12 (main)`, and how many more repositories there are. */
const elsewhereOf = ({ elsewhere, others = [] }: NamedFinding): string[] => {
  const more = elsewhere - others.length
  const named = others.map((other) => `${other.repository.name}: ${STATES[other.state]} ${placeOf(other)}`)
  return more > 0 ? [...named, count(more, 'other repository', 'other repositories')] : named
}

const STATES = { open: 'open', allowed: 'allowed', resolved: 'was' } as const

/** `in config/app.env, line 12 (main)` */
export const placeOf = (where: Where): string => {
  const branch = where.place === 'ref-name' ? '' : branchesOf(where)
  return branch === '' ? atOf(where) : `${atOf(where)} (${branch})`
}

type Where = Pick<NamedFinding, 'place' | 'path' | 'line' | 'commit' | 'refs'>

export const factsOf = (finding: NamedFinding): Fact[] => {
  const { rule, redacted, description, commit, author, note, again } = finding
  return [
    { label: 'Rule', value: sentence(rule) },
    { label: 'Secret', value: sentence(redacted) },
    ...(briefly(description) === sentence(description)
      ? []
      : [{ label: 'It is', value: sentence(description) }]),
    ...(branchesOf(finding) === '' ? [] : [{ label: 'Branch', value: branchesOf(finding) }]),
    ...(commit === undefined ? [] : [{ label: 'Commit', value: short(commit) }]),
    ...(author === undefined ? [] : [{ label: 'Author', value: sentence(author) }]),
    ...(note === undefined ? [] : [{ label: 'Known', value: sentence(note) }]),
    ...elsewhereOf(finding).map((value) => ({ label: 'Also in', value })),
    { label: 'Fingerprint', value: finding.fingerprint },
    ...(again ? [{ label: 'Before', value: 'it had been resolved or allowed, and is open again' }] : []),
  ]
}

const countsOf = (findings: readonly NamedFinding[], found: number, blocking: number): Fact[] => {
  const refs = [...new Set(findings.flatMap((finding) => finding.refs))].slice(0, 5).map(shortRef)
  return [
    {
      label: 'Findings',
      value: `${found.toLocaleString('en-US')}, ${blocking.toLocaleString('en-US')} of them sure`,
    },
    ...(refs.length === 0 ? [] : [{ label: 'Branches', value: refs.join(', ') }]),
  ]
}

export const lineOf = (finding: NamedFinding): string => {
  const { rule, redacted, commit, author, note, fingerprint } = finding
  const facts = [
    `${sentence(rule)} ${atOf(finding)}`,
    sentence(redacted),
    ...(commit === undefined ? [] : [`commit ${short(commit)}`]),
    ...(author === undefined ? [] : [`by ${sentence(author)}`]),
    ...(note === undefined ? [] : [sentence(note)]),
    ...elsewhereOf(finding).map((where) => `also in ${where}`),
    // what to do names it
    fingerprint,
  ]
  return facts.join(', ')
}

const REASONS: Readonly<Record<string, string>> = {
  time: 'took too long',
  size: 'is too large',
  findings: 'has more findings than are kept',
  pattern: 'met a rule whose expression cannot run',
  broken: 'is broken',
  missing: 'could not be read any more',
}

const gapText = ({ reason, path, commit, rule, bytes }: Gap): string =>
  [
    isSentence({ reason })
      ? sentence(reason)
      : `${path === undefined || path === '' ? 'the push' : oneLine(path)}: ${REASONS[reason]}`,
    ...(rule === undefined ? [] : [`rule ${sentence(rule)}`]),
    ...(bytes === undefined ? [] : [`${bytes.toLocaleString('en-US')} bytes of it`]),
    ...(commit === undefined ? [] : [`commit ${short(commit)}`]),
  ].join(', ')

/** A scan was given up, or a ref is too large: it says so itself. */
const isSentence = ({ reason }: Pick<Gap, 'reason'>): boolean => REASONS[reason] === undefined

type Gap = Extract<ScanEvent, { detailType: 'Scan Incomplete' }>['detail']['gaps'][number]

const linkOf = ({ detail }: ScanEvent): Story['link'] => {
  if ('resolved' in detail && isDeleted(detail.findings))
    return { label: 'Open the list of repositories', url: repositoriesLink(detail.repository) }
  const commit = 'findings' in detail ? detail.findings[0]?.commit : undefined
  return commit === undefined
    ? { label: 'Open the repository', url: browseLink(detail.repository) }
    : { label: 'Open the commit', url: commitLink(detail.repository, commit) }
}
