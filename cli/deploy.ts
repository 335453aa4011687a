import { join, resolve } from 'node:path'
import type { Cloud, CloudOptions } from '../local/cloud.ts'
import type { Deployment } from '../local/stack/deploy.ts'
import { type Package, packageStack } from './package.ts'

const STAGE = 'local'

/** The packaged stack, and what a cloud that will carry it is started with. */
export interface PackedStack {
  /** false when nothing had changed since it was packaged */
  readonly rebuilt: boolean
  readonly tookMs: number
  readonly settings: CloudOptions
  readonly replicate: Package['replicate']
  /** makes the stack's resources in the cloud's first account */
  deployTo(cloud: Cloud): Promise<Deployment>
}

/** Packages the stack for a region, unless nothing has changed since. Throws UserError for a bad relay.yml. */
export const packed = async (
  root: string,
  config: string | undefined,
  region: string,
): Promise<PackedStack> => {
  const began = performance.now()
  const stack = await packageStack({
    root,
    stage: STAGE,
    region,
    ...(config === undefined ? {} : { configFile: resolve(config) }),
  })
  const settings: CloudOptions = {
    awaitsStack: true,
    environment: (port) => ({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      RELAY_GIT_ENDPOINT: `http://git-codecommit.{region}.amazonaws.com.localhost:${port}`,
    }),
    terminal: { RELAY_STAGE: STAGE, RELAY_CONFIG: resolve(config ?? join(root, 'relay.yml')) },
    image: (image) =>
      image.includes('codecommit-relay-mirror') ? { folder: stack.mirrorFolder } : undefined,
    retryVisibilitySeconds: 5,
  }
  return {
    rebuilt: stack.rebuilt,
    tookMs: performance.now() - began,
    settings,
    replicate: stack.replicate,
    deployTo: (cloud) =>
      cloud.deploy({
        template: stack.template,
        artifacts: stack.artifact,
        stackName: `codecommit-relay-${STAGE}`,
        account: cloud.accounts[0] ?? '',
        region,
      }),
  }
}
