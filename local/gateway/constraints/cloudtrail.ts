/** CloudTrail's limits: its API reference; the form of a line is told in ../constraints.ts. MaxResults is left out: CloudTrail refuses it in words of its own. */
export const TABLE = `
@LookupEvents LookupAttributes.LookupAttributesList EventCategory.EventCategory
:EventCategory =insight
:LookupAttributeKey =EventId|EventName|ReadOnly|Username|ResourceType|ResourceName|EventSource|AccessKeyId
:LookupAttributeValue 1..2000
:LookupAttributesList [LookupAttribute
LookupAttribute AttributeKey!LookupAttributeKey AttributeValue!LookupAttributeValue
`
