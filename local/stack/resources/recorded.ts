import type { Context, Handlers, Made } from '../handler.ts'
import { text } from '../properties.ts'
import type { JsonObject } from '../values.ts'

/**
 * Resources that nothing on this machine needs: they are remembered, with ids and attributes of the right form, so that what
 * refers to them can. There is no network to build and no metric to watch.
 */
type Record = (logicalId: string, properties: JsonObject, context: Context) => Made

/** EC2's ids: a prefix and 17 hexadecimal digits. */
const ec2 =
  (
    prefix: string,
    attribute: string,
    more: (properties: JsonObject, context: Context) => object = () => ({}),
  ): Record =>
  (logicalId, properties, context) => {
    const physicalId = `${prefix}-${context.hex(logicalId, 17)}`
    return { physicalId, attributes: { [attribute]: physicalId, ...more(properties, context) } }
  }

const named =
  (
    property: string,
    maxLength: number,
    attributes: (name: string, context: Context) => Made['attributes'],
  ): Record =>
  (logicalId, properties, context) => {
    const name = text(properties, property) ?? context.generatedName(logicalId, maxLength)
    return { physicalId: name, attributes: attributes(name, context) }
  }

const bucket: Record = (logicalId, properties, context) => {
  const name = text(properties, 'BucketName') ?? context.generatedName(logicalId, 63).toLowerCase()
  const { region } = context.place
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    },
  }
}

const nameless: Record = (logicalId, _properties, context) => ({
  physicalId: context.generatedName(logicalId, 128),
  attributes: {},
})

const RECORDS: Readonly<{ [type: string]: Record }> = {
  'AWS::CloudWatch::Alarm': named('AlarmName', 255, (name, context) => ({
    Arn: context.arn('cloudwatch', `alarm:${name}`),
  })),
  'AWS::CloudWatch::Dashboard': named('DashboardName', 255, () => ({})),
  'AWS::S3::Bucket': bucket,
  'AWS::S3::BucketPolicy': nameless,
  'AWS::ECR::Repository': (logicalId, properties, context) => {
    const name = text(properties, 'RepositoryName') ?? context.generatedName(logicalId, 256).toLowerCase()
    const { account, region } = context.place
    return {
      physicalId: name,
      attributes: {
        Arn: context.arn('ecr', `repository/${name}`),
        RepositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${name}`,
      },
    }
  },
  'AWS::EC2::VPC': ec2('vpc', 'VpcId', (properties, context) => ({
    CidrBlock: text(properties, 'CidrBlock') ?? '',
    DefaultSecurityGroup: `sg-${context.hex('default', 17)}`,
  })),
  'AWS::EC2::Subnet': ec2('subnet', 'SubnetId', (properties, context) => ({
    AvailabilityZone: text(properties, 'AvailabilityZone') ?? `${context.place.region}a`,
    VpcId: text(properties, 'VpcId') ?? '',
    CidrBlock: text(properties, 'CidrBlock') ?? '',
  })),
  'AWS::EC2::InternetGateway': ec2('igw', 'InternetGatewayId'),
  'AWS::EC2::VPCGatewayAttachment': nameless,
  'AWS::EC2::RouteTable': ec2('rtb', 'RouteTableId'),
  'AWS::EC2::Route': nameless,
  'AWS::EC2::SubnetRouteTableAssociation': ec2('rtbassoc', 'Id'),
  'AWS::EC2::SecurityGroup': ec2('sg', 'GroupId', (properties) => ({
    VpcId: text(properties, 'VpcId') ?? '',
  })),
  'AWS::EC2::SecurityGroupEgress': ec2('sgr', 'Id'),
  'AWS::EC2::SecurityGroupIngress': ec2('sgr', 'Id'),
  'AWS::EC2::VPCEndpoint': ec2('vpce', 'Id'),
}

export const recordedHandlers: Handlers = Object.fromEntries(
  Object.entries(RECORDS).map(([type, record]) => [
    type,
    { apply: async ({ logicalId, properties }, context) => record(logicalId, properties, context) },
  ]),
)
