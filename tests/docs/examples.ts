import { type ConfigError, renderMistakes } from '../../shared/config/mistakes.ts'
import { parseConfig } from '../../shared/config/parse.ts'
import { documentOf, textOf } from '../../shared/notices/render.ts'
import {
  behind,
  diverged,
  failed,
  incomplete,
  pushed,
  refused,
  repositoryEvent,
  sourceMissing,
  storyOf,
  tagged,
  updated,
} from '../shared/notices/samples.ts'

export const WRONG = `version: 1
replicate:
  - repositories: ['*']
    to:
      - region: eu-wst-1
      - region: eu-central-1
        account: 012345678901
topics:
  team: { emial: [team@example.com] }
notify:
  - topic: teem
    events: [pushes]
mirror:
  cpu: 4096
`

const mistakesOf = (text: string): string => {
  try {
    parseConfig(text)
  } catch (error) {
    return renderMistakes((error as ConfigError).mistakes, text)
  }
  throw new Error('the example has no mistakes')
}

/** What the guide shows, by the name in the comment above each block. */
export const examples = (): Readonly<Record<string, string>> => ({
  push: textOf(storyOf(repositoryEvent([pushed()]))),
  many: textOf(
    storyOf(
      repositoryEvent([pushed(), tagged('v1.4.0'), pushed({ ref: 'refs/tags/latest', refType: 'tag' })]),
    ),
  ),
  headlines: [updated(), behind(), failed(), diverged(), refused(), sourceMissing(), incomplete()]
    .map((event) => `${storyOf(event).headline}\n`)
    .join(''),
  failed: textOf(storyOf(failed())),
  document: `${JSON.stringify(documentOf(storyOf(repositoryEvent([pushed()])), 1_000), null, 2)}\n`,
  wrong: WRONG,
  mistakes: `${mistakesOf(WRONG)}\n`,
})
