import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { FUNCTION_NAMES } from '../../stack/consumers.ts'
import { template } from '../../stack/template.ts'
import { planOf, stackFrom, VARIANTS } from './variants.ts'

const root = resolve(import.meta.dirname, '../..')
const relay = VARIANTS['the least']!

/** Read by the code, never set by the stack: where Git is, if not on AWS. */
const OPTIONAL = 'RELAY_GIT_ENDPOINT'

test.each(FUNCTION_NAMES)('%s gets from the stack exactly the settings it reads', (name) => {
  const main = readFileSync(join(root, 'functions', name, 'main.ts'), 'utf8')
  const read = new Set([...main.matchAll(/\bRELAY_[A-Z_]+\b/g)].map(([setting]) => setting))
  read.delete(OPTIONAL)
  expect(Object.keys(stackFrom(relay).functions[name]!.environment).sort()).toEqual([...read].sort())
})

test.each(['deploy', 'operate'])('docs/%s.md asks for outputs that the stack has', (name) => {
  const text = readFileSync(join(root, 'docs', `${name}.md`), 'utf8')
  const asked = [...text.matchAll(/\bout ([A-Z]\w+)/g)].map((match) => match[1]!)
  expect(asked.length).toBeGreaterThan(2)
  expect(Object.keys(template(planOf(relay)).Outputs)).toEqual(expect.arrayContaining(asked))
})

test('docs/operate.md knows every alarm by its name', () => {
  const text = readFileSync(join(root, 'docs/operate.md'), 'utf8')
  for (const { Type, Properties } of Object.values(template(planOf(relay)).Resources)) {
    if (Type !== 'AWS::CloudWatch::Alarm') continue
    const [, name] = /^codecommit-relay-dev-(.*)$/.exec(String(Properties?.AlarmName)) ?? []
    expect(text).toContain(`\`…-${name}\``)
  }
})

test('the image knows the folder and the user that the task definition gives it', () => {
  const file = readFileSync(join(root, 'containers/mirror/Dockerfile'), 'utf8')
  const definition = template(planOf(relay)).Resources.MirrorTaskDefinition as unknown as {
    Properties: {
      ContainerDefinitions: {
        User: string
        WorkingDirectory: string
        MountPoints: { ContainerPath: string }[]
      }[]
    }
  }
  const { User, WorkingDirectory, MountPoints } = definition.Properties.ContainerDefinitions[0]!
  expect(file).toMatch(new RegExp(`^USER ${User}$`, 'm'))
  expect(file).toMatch(new RegExp(`^WORKDIR ${WorkingDirectory}$`, 'm'))
  // Fargate gives a mounted folder the owner that a VOLUME of the image has
  expect(file).toContain(`VOLUME ["${MountPoints[0]!.ContainerPath}"]`)
})
