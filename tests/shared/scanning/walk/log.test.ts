import { afterAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { foundInLog } from './judge.ts'
import { makeRepository, type Repository } from './repository.ts'
import { TOKENS, token, told, walked } from './walked.ts'

// The judge is git itself: what gitleaks would find in its log must be found, and in linear histories nothing else.

const repositories: Repository[] = []
const made = () => {
  const repository = makeRepository()
  repositories.push(repository)
  return repository
}
afterAll(() => {
  for (const repository of repositories) repository.dispose()
})

const line = fc.oneof(
  fc.constantFrom('a', 'b', '', '{', '}').map((text) => `${text}\n`),
  // of equal lines that moved, git and the walk may take different ones for new
  fc.integer({ min: 0, max: 1e9 }).map((number) => `key = "${token(`${number}`)}"\n`),
)
const content = fc.array(line, { maxLength: 12 }).map((lines) => lines.join(''))
const path = fc.constantFrom('one', 'two', 'in/three', 'in/deep/four')
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), path, content }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('append' as const), path, content: line }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), path, to: path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), path }) },
)

test('in a line of commits, the same as gitleaks finds in git log -p', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const repository = made()
      const files = new Map<string, string>()
      for (const one of steps) {
        const text = files.get(one.path)
        if (one.kind === 'write') files.set(one.path, one.content)
        if (one.kind === 'append') files.set(one.path, `${text ?? ''}${one.content}`)
        if (one.kind === 'copy' && text !== undefined) files.set(one.to, text)
        if ((one.kind === 'rename' || one.kind === 'remove') && text !== undefined) {
          files.delete(one.path)
          repository.remove(one.path)
          if (one.kind === 'rename') files.set(one.to, text)
        }
        for (const [name, content] of files) repository.write(name, content)
        repository.commit()
      }
      const { found, complete, unscanned } = await walked(repository)
      expect({ complete, unscanned }).toEqual({ complete: true, unscanned: [] })
      expect(told(found)).toEqual(foundInLog(repository, TOKENS))
    }),
    { numRuns: 25, seed: 5 },
  )
}, 120_000)
