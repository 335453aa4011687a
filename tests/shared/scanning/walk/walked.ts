import { openPack } from '../../../../shared/git/pack/open.ts'
import type { ObjectType, PackLimits } from '../../../../shared/git/pack/types.ts'
import { compileRules } from '../../../../shared/scanning/engine/compile.ts'
import type { RuleSet } from '../../../../shared/scanning/types.ts'
import { enginesOf } from '../../../../shared/scanning/walk/engines.ts'
import type { Found, WalkInput, WalkResult } from '../../../../shared/scanning/walk/types.ts'
import { walk } from '../../../../shared/scanning/walk/walk.ts'
import { rule, ruleSet } from '../engine/rules.ts'
import type { Repository } from './repository.ts'

/** what the tests' rule finds; made here, so that none stands in the text */
export const token = (name: string): string => ['t', 'kn_'].join('') + name.padEnd(12, '0')

export const TOKENS: RuleSet = ruleSet([
  rule('token', { regex: '\\b(tkn_[a-z0-9]{12})(?:[\'"\\s;]|$)', keywords: ['tkn_'] }),
])

export interface Options extends Partial<Omit<WalkInput, 'pack' | 'engines' | 'wants'>> {
  readonly wants?: readonly string[]
  readonly not?: readonly string[]
  readonly rules?: RuleSet
  readonly packOptions?: readonly string[]
  readonly packLimits?: Partial<PackLimits>
  /** the pack's bytes, instead of what git packs */
  readonly bytes?: Buffer
}

export const olderOf = ({ git }: Pick<Repository, 'git'>): WalkInput['older'] => ({
  async read(oid) {
    try {
      const type = git(['cat-file', '-t', oid]).toString().trim() as ObjectType
      return { type, data: git(['cat-file', type, oid]) }
    } catch {
      return undefined
    }
  },
})

export const NOTHING_OLDER: WalkInput['older'] = { read: async () => undefined }

/** Packs a part of a repository and walks it; everything when no wants are given. */
export const walked = async (repository: Repository, options: Options = {}): Promise<WalkResult> => {
  const {
    wants = ['--all'],
    not = [],
    rules = TOKENS,
    packOptions = [],
    packLimits,
    bytes,
    ...rest
  } = options
  const data = bytes ?? repository.pack(wants, not, ...packOptions)
  const pack = await openPack(streamOf(data), packLimits ? { limits: packLimits } : {})
  try {
    return await walk({
      pack,
      wants: wants
        .filter((want) => want !== '--all')
        .map((want) => ({ ref: want, oid: repository.id(want) })),
      older: not.length > 0 ? olderOf(repository) : NOTHING_OLDER,
      engines: enginesOf(compileRules(rules)),
      now: () => performance.now(),
      ...rest,
    })
  } finally {
    await pack.close()
  }
}

async function* streamOf(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** `commit path line secret`, sorted */
export const told = (found: readonly Found[]): string[] =>
  found.map(({ hit, place }) => `${place.commit} ${place.path} ${hit.startLine} ${hit.secret}`).sort()
