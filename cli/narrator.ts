import { resolve } from 'node:path'
import type { Cloud } from '../local/cloud.ts'
import type { Message } from './inbox.ts'
import type { Terminal } from './terminal.ts'

/** Tells a message as its subscriber sees it: the subject line. */
export const narrate = (message: Message, terminal: Terminal): void => {
  terminal.note(`message: ${message.subject === '' ? firstLine(message.body) : message.subject}`)
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

/** The credentials that were made for a new state folder, this once. */
export const tellCredentials = ({ access, folder }: Cloud, terminal: Terminal): void => {
  terminal.heading(`Credentials of this state folder, shown once; kept in ${folder} for its owner alone`)
  for (const { account, credentials, gitUserName, gitPassword } of access) {
    terminal.line(`  account ${account}`)
    terminal.line(`    AWS access key    ${credentials.accessKeyId}  ${credentials.secretAccessKey}`)
    terminal.line(`    Git user name     ${gitUserName ?? '(none)'}`)
    terminal.line(`    Git password      ${gitPassword ?? '(none)'}`)
  }
}

/** What is running, and how it is reached. */
export interface Surroundings {
  readonly cloud: Cloud
  /** file of `git credential-store` */
  readonly credentialFile: string
  readonly sourceRegion: string
  readonly replicaRegion: string
}

/** What a newcomer can do next, with commands to paste. */
export const tellHowToGoOn = (stage: Surroundings, repository: string, terminal: Terminal): void => {
  const url = stage.cloud.gitUrl(stage.sourceRegion, repository)
  const folder = stage.cloud.folder
  terminal.heading('It stays up. In another terminal:')
  terminal.line()
  terminal.line('  Clone and push (static Git credentials):')
  terminal.line(`    git -c credential.helper='store --file "${stage.credentialFile}"' clone ${url}`)
  terminal.line(
    `    cd ${repository} && git config credential.helper 'store --file "${stage.credentialFile}"'`,
  )
  terminal.line()
  terminal.line('  AWS CLI, and its Git credential helper:')
  terminal.line(
    `    export AWS_CONFIG_FILE="${folder}/config" AWS_SHARED_CREDENTIALS_FILE="${folder}/credentials"`,
  )
  terminal.line('    export AWS_PROFILE=relay')
  terminal.line(
    `    aws codecommit get-repository --repository-name ${repository} --region ${stage.replicaRegion}`,
  )
  terminal.line(
    `    git -c credential.helper='!aws codecommit credential-helper $@' -c credential.UseHttpPath=true ls-remote ${url}`,
  )
  terminal.line()
  terminal.line('  Relay’s own commands (npx relay --help lists them):')
  const local = `--local${folder === resolve('.relay') ? '' : ` "${folder}"`}`
  terminal.line(`    npx relay status ${local}`)
  terminal.line(`    npx relay seed --dry-run ${local}`)
  terminal.line()
  terminal.line('  Every push shows here. Ctrl-C stops; the state is kept (--fresh forgets it).')
  terminal.line()
}
