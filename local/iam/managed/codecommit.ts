import { actions, allow, type ManagedStatement, SELF } from './statements.ts'

// AWS Managed Policy Reference Guide, default versions of February 2026; the order of statements is ours

const RULES = 'arn:aws:events:*:*:rule/codecommit*'
const TOPICS = 'arn:aws:sns:*:*:codecommit*'
const NOTIFIED = {
  ArnLike: { 'codestar-notifications:NotificationsForResource': 'arn:aws:codecommit:*:*:*' },
}

const look: readonly ManagedStatement[] = [
  allow(actions('sns', 'ListTopics ListSubscriptionsByTopic GetTopicAttributes')),
  allow(['lambda:ListFunctions', 'iam:ListUsers']),
  allow(actions('iam', 'ListAccessKeys ListSSHPublicKeys ListServiceSpecificCredentials'), SELF),
  allow(
    actions('codestar-connections', 'ListConnections GetConnection'),
    'arn:aws:codestar-connections:*:*:connection/*',
  ),
]

const manageSelf: readonly ManagedStatement[] = [
  allow(
    actions(
      'iam',
      'DeleteSSHPublicKey GetSSHPublicKey ListSSHPublicKeys UpdateSSHPublicKey UploadSSHPublicKey',
    ),
    SELF,
  ),
  allow(
    actions(
      'iam',
      'CreateServiceSpecificCredential UpdateServiceSpecificCredential DeleteServiceSpecificCredential ResetServiceSpecificCredential',
    ),
    SELF,
  ),
]

const integrations: readonly ManagedStatement[] = [
  allow(
    actions(
      'events',
      'DeleteRule DescribeRule DisableRule EnableRule PutRule PutTargets RemoveTargets ListTargetsByRule',
    ),
    RULES,
  ),
  allow(
    actions('codestar-notifications', 'ListNotificationRules ListTargets ListTagsforResource ListEventTypes'),
  ),
  allow(
    actions(
      'codeguru-reviewer',
      `AssociateRepository DescribeRepositoryAssociation ListRepositoryAssociations DisassociateRepository
       DescribeCodeReview ListCodeReviews`,
    ),
  ),
  allow(
    'iam:CreateServiceLinkedRole',
    'arn:aws:iam::*:role/aws-service-role/codeguru-reviewer.amazonaws.com/AWSServiceRoleForAmazonCodeGuruReviewer',
    { StringLike: { 'iam:AWSServiceName': 'codeguru-reviewer.amazonaws.com' } },
  ),
  allow(actions('events', 'PutRule PutTargets DeleteRule RemoveTargets'), '*', {
    StringEquals: { 'events:ManagedBy': 'codeguru-reviewer.amazonaws.com' },
  }),
  allow(actions('chatbot', 'DescribeSlackChannelConfigurations ListMicrosoftTeamsChannelConfigurations')),
]

const notificationRules = (names: string): ManagedStatement =>
  allow(actions('codestar-notifications', names), '*', NOTIFIED)

export const FULL_ACCESS: readonly ManagedStatement[] = [
  allow(['codecommit:*']),
  ...integrations,
  allow(actions('sns', 'CreateTopic DeleteTopic Subscribe Unsubscribe SetTopicAttributes'), TOPICS),
  allow(actions('sns', 'CreateTopic SetTopicAttributes'), 'arn:aws:sns:*:*:codestar-notifications*'),
  notificationRules(
    `CreateNotificationRule DescribeNotificationRule UpdateNotificationRule DeleteNotificationRule Subscribe
     Unsubscribe`,
  ),
  ...look,
  ...manageSelf,
]

/** Of the deletions only those of branches and files. */
export const POWER_USER: readonly ManagedStatement[] = [
  allow(
    actions(
      'codecommit',
      `AssociateApprovalRuleTemplateWithRepository BatchAssociateApprovalRuleTemplateWithRepositories
       BatchDisassociateApprovalRuleTemplateFromRepositories BatchGet* BatchDescribe* Create* DeleteBranch DeleteFile
       Describe* DisassociateApprovalRuleTemplateFromRepository EvaluatePullRequestApprovalRules Get* List* Merge*
       OverridePullRequestApprovalRules Put* Post* TagResource Test* UntagResource Update* GitPull GitPush`,
    ),
  ),
  ...integrations,
  allow(actions('sns', 'Subscribe Unsubscribe'), TOPICS),
  notificationRules(
    'CreateNotificationRule DescribeNotificationRule UpdateNotificationRule Subscribe Unsubscribe',
  ),
  ...look,
  ...manageSelf,
]

export const READ_ONLY: readonly ManagedStatement[] = [
  allow(
    actions(
      'codecommit',
      'BatchGet* BatchDescribe* Describe* EvaluatePullRequestApprovalRules Get* List* GitPull',
    ),
  ),
  allow(actions('events', 'DescribeRule ListTargetsByRule'), RULES),
  notificationRules('DescribeNotificationRule'),
  allow(actions('codestar-notifications', 'ListNotificationRules ListEventTypes ListTargets')),
  allow(
    actions(
      'codeguru-reviewer',
      'DescribeRepositoryAssociation ListRepositoryAssociations DescribeCodeReview ListCodeReviews',
    ),
  ),
  ...look,
  allow('iam:GetSSHPublicKey', SELF),
]
