import { bench as lambdaBench } from '../lambda/bench.ts'
import { call, bench as ecsBench } from './bench.ts'

// A cloud that will be killed: starts a task and a function, each with a child of its own, and prints their process ids.
const grandchild = `const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })`
const root = process.argv[2] ?? ''
const ecs = ecsBench(
  {
    'main.mjs': `import { spawn } from 'node:child_process'
      ${grandchild}
      console.log(process.pid, child.pid); setInterval(() => {}, 1000)`,
  },
  { root },
)
const lambda = lambdaBench()
await ecs.define()
await ecs.runTask()
await lambda.create(
  'busy',
  `import { spawn } from 'node:child_process'
   export const handler = async (event) => {
     ${grandchild}
     console.log(process.pid, child.pid)
     for (;;) if (!event.spin) await new Promise((r) => setTimeout(r, 1000))
   }`,
  { Timeout: 600 },
)
void lambda.run('Invoke', { FunctionName: 'busy', Payload: new TextEncoder().encode('{"spin":true}') })
void lambda.run('Invoke', { FunctionName: 'busy', Payload: new TextEncoder().encode('{}') })
const pids = () => [...ecs.lines, ...lambda.lines].filter((line) => /^\d+ \d+$/.test(line))
while (pids().length < 3 || ecs.details().at(-1)?.lastStatus !== 'RUNNING')
  await new Promise((resolve) => setTimeout(resolve, 10))
process.stdout.write(
  `${JSON.stringify({ pids: pids().join(' ').split(' ').map(Number), lambdaFolder: lambda.folder, account: call.account })}\n`,
)
setInterval(() => {}, 1000)
