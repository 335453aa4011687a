import type { Caller } from '../../gateway/service.ts'
import type { Repository } from '../repositories.ts'

export type GitService = 'git-upload-pack' | 'git-receive-pack'

/** A Git client that was let in: who, to which repository, and how it came. */
export interface Visit {
  readonly caller: Caller
  readonly repository: Repository
  readonly via: 'HTTP' | 'SSH'
  readonly requestId: string
  readonly sourceIp?: string
  readonly userAgent?: string
  /** over TLS or SSH */
  readonly secure: boolean
  /** bytes of the request, where the transport tells */
  readonly size?: number
}

/** What IAM may ask about a request itself (IAM user guide, "AWS global condition context keys"). */
export const requestKeys = ({
  sourceIp,
  userAgent,
  secure,
}: Pick<Visit, 'sourceIp' | 'userAgent' | 'secure'>): Readonly<Record<string, string>> => ({
  'aws:SecureTransport': String(secure),
  ...(sourceIp !== undefined && { 'aws:SourceIp': sourceIp }),
  ...(userAgent !== undefined && { 'aws:UserAgent': userAgent }),
})
