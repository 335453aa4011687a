const { execFile } = require('node:child_process')
const { copyFileSync, mkdirSync } = require('node:fs')
const { basename, join } = require('node:path')
const { promisify } = require('node:util')

/**
 * osls plugin: builds the bundles before they are packaged, and lays them beside the compiled template, so that what
 * `package` leaves behind is whole.
 */
module.exports = class BuildPlugin {
  constructor(serverless) {
    this.serverless = serverless
    const build = () => this.build()
    this.hooks = {
      'before:package:createDeploymentArtifacts': build,
      'before:deploy:function:packageFunction': build,
      'before:aws:package:finalize:saveServiceState': () => this.gather(),
    }
  }

  async build() {
    const { serviceDir } = this.serverless
    try {
      // the project's own Node, which takes TypeScript; osls may be running in another
      await promisify(execFile)(join(serviceDir, 'node_modules/.bin/node'), [join(__dirname, 'build.ts')], {
        cwd: serviceDir,
        env: { ...process.env, NODE_OPTIONS: '' },
      })
    } catch (error) {
      throw new this.serverless.classes.Error(error.stderr?.trim() || error.message, 'RELAY_BUILD_FAILED')
    }
  }

  gather() {
    const { serviceDir, service } = this.serverless
    const folder = join(serviceDir, '.serverless')
    mkdirSync(folder, { recursive: true })
    for (const name of service.getAllFunctions()) {
      const { artifact } = service.getFunction(name).package
      copyFileSync(join(serviceDir, artifact), join(folder, basename(artifact)))
    }
  }
}
