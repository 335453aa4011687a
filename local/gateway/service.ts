/** A policy as IAM and resource policies write it. */
export interface PolicyDocument {
  readonly Version?: string
  readonly Statement: object | readonly object[]
}

/** Who calls: found by the gateway from the signature, or made by the cloud itself for its own calls. */
export interface Caller {
  readonly account: string
  /**
   * `arn:aws:iam::<account>:user/x`, `arn:aws:sts::<account>:assumed-role/<role>/<session>`, `arn:aws:iam::<account>:root` or
   * `arn:aws:sts::<account>:federated-user/<name>`; a service: its principal name
   */
  readonly arn: string
  readonly userId: string
  readonly kind: 'user' | 'role' | 'root' | 'federated' | 'service'
  /** ARN of the role behind a session */
  readonly roleArn?: string
  /** ARN of the user behind a federated session, whose policies bound it */
  readonly userArn?: string
  /** the key that signed; absent for Git passwords and SSH keys */
  readonly accessKeyId?: string
  /** what narrows a session: AssumeRole's and GetFederationToken's policies; absent: nothing does */
  readonly sessionPolicies?: readonly PolicyDocument[]
  /** principal tags, a session's own over its role's: `aws:PrincipalTag/<key>` */
  readonly tags?: Readonly<Record<string, string>>
  /** when temporary credentials were issued, milliseconds since the epoch: `aws:TokenIssueTime` */
  readonly issued?: number
  /** who once began a chain of sessions, if it was told: `aws:SourceIdentity` */
  readonly sourceIdentity?: string
}

/** One API call, after its signature was verified and its input decoded. */
export interface Call {
  /** signing name: `codecommit`, `sqs`, `events` ... */
  readonly service: string
  readonly operation: string
  /** from the credential scope */
  readonly region: string
  /** account of the caller: local services act in the caller's account */
  readonly account: string
  readonly caller: Caller
  readonly requestId: string
}

/** Input and output have the shapes of the AWS SDK v3 command of the same name (Dates, Uint8Arrays and all). */
// biome-ignore lint/suspicious/noExplicitAny: the input's type is the operation's, which the gateway does not know
export type Operation = (input: any, call: Call) => object | undefined | Promise<object | undefined>

/** What IAM must allow before an operation runs. `resource` is an ARN, or `*`. */
export interface Permission {
  readonly action: string
  readonly resource: string
  /** condition keys that the call brings: `codecommit:References` ... */
  readonly context?: Readonly<Record<string, string | readonly string[]>>
  /** the resource's own policy, where it has one: a queue's, a topic's, a key's. In the owner's account it may allow by itself; across accounts it must */
  readonly resourcePolicy?: PolicyDocument
  /** `resourcePolicy` is all that counts for the owner's account too unless it hands over to IAM: keys alone */
  readonly policyMustAllow?: boolean
}

/** One AWS service: its operations by name, and what each needs to be allowed. */
export interface Service {
  /** signing name */
  readonly name: string
  readonly operations: Readonly<Record<string, Operation>>
  /** what IAM must allow; called with the decoded input before the operation. Absent: `<name>:<operation>` on `*` */
  // biome-ignore lint/suspicious/noExplicitAny: see Operation
  permissions?(operation: string, input: any, call: Call): readonly Permission[]
}

/** An error as AWS would answer it. `code` is the exception name that CLI and SDKs turn into their typed error. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  /** what else the exception's shape holds: Lambda's `Type` and `Reason` */
  readonly members: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, status = 400, members: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = status
    this.members = members
  }
}
