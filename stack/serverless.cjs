const { execFile } = require('node:child_process')
const { join } = require('node:path')
const { promisify } = require('node:util')

// osls runs in the user's own Node, which may be too old for TypeScript: the project's Node 24 makes the stack.
const root = join(__dirname, '..')
const node = join(root, 'node_modules/.bin/node')

const printed = new Map()

const printTemplate = async (region, stage, image) => {
  const script = join(__dirname, 'print-template.ts')
  const options = ['--region', region, '--stage', stage, ...(image ? ['--image', image] : [])]
  try {
    const { stdout, stderr } = await promisify(execFile)(node, [script, ...options], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '' },
      maxBuffer: 64 * 1024 * 1024,
    })
    if (stderr) process.stderr.write(stderr)
    return JSON.parse(stdout)
  } catch (error) {
    // osls prints the stack of what is thrown here; what people need is what the program said
    const said = new Error(error.stderr?.trim() || error.message)
    said.stack = said.message
    throw said
  }
}

/** `functions` and `resources` of serverless.yml; both come out of one run. */
module.exports = async ({ resolveVariable }) => {
  const region = await resolveVariable('self:provider.region')
  const stage = await resolveVariable('self:provider.stage')
  const image = await resolveVariable("param:mirrorImage, ''")
  const key = JSON.stringify([region, stage, image])
  const before = printed.get(key)
  if (!before) {
    printed.set(key, printTemplate(region, stage, image))
    return printed.get(key)
  }
  // osls lists the failure of each variable: the mistakes of relay.yml stand there once
  return before.catch(() => {
    const again = new Error('see above')
    again.stack = again.message
    throw again
  })
}
