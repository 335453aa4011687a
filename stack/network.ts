import { att, named, type Plan, type Resource, type Resources, ref, type Value } from './resources.ts'

/** Where mirror tasks run. */
export interface TaskNetwork {
  readonly subnets: readonly Value[]
  readonly securityGroups: readonly Value[]
  readonly assignPublicIp: 'ENABLED' | 'DISABLED'
}

const CIDR = '10.71.0.0/24'
const SUBNETS = [
  { id: 'SubnetA', cidr: '10.71.0.0/26', zone: 0 },
  { id: 'SubnetB', cidr: '10.71.0.64/26', zone: 1 },
] as const

/** The network of relay.yml, or the stack's own. */
export const taskNetwork = (plan: Plan): TaskNetwork => {
  const given = plan.config.mirror.network
  if (given) {
    return {
      subnets: given.subnets,
      securityGroups: given.securityGroups,
      assignPublicIp: given.assignPublicIp ? 'ENABLED' : 'DISABLED',
    }
  }
  return {
    subnets: SUBNETS.map(({ id }) => ref(id)),
    securityGroups: [att('TaskSecurityGroup', 'GroupId')],
    assignPublicIp: 'ENABLED',
  }
}

/**
 * The least that lets a task reach CodeCommit in two regions, the image registry and the logs: two public subnets, no NAT
 * gateway (which would cost more than all the rest), nothing that lets anybody in. Empty when relay.yml gives a network.
 */
export const network = (plan: Plan): Resources => (plan.config.mirror.network ? {} : ownNetwork(plan))

const ownNetwork = (plan: Plan): Resources => ({
  Vpc: {
    Type: 'AWS::EC2::VPC',
    Properties: {
      CidrBlock: CIDR,
      EnableDnsSupport: true,
      EnableDnsHostnames: true,
      Tags: nameTag(plan, 'vpc'),
    },
  },
  InternetGateway: { Type: 'AWS::EC2::InternetGateway', Properties: { Tags: nameTag(plan, 'gateway') } },
  InternetGatewayAttachment: {
    Type: 'AWS::EC2::VPCGatewayAttachment',
    Properties: { VpcId: ref('Vpc'), InternetGatewayId: ref('InternetGateway') },
  },
  RouteTable: {
    Type: 'AWS::EC2::RouteTable',
    Properties: { VpcId: ref('Vpc'), Tags: nameTag(plan, 'routes') },
  },
  DefaultRoute: {
    Type: 'AWS::EC2::Route',
    DependsOn: 'InternetGatewayAttachment',
    Properties: {
      RouteTableId: ref('RouteTable'),
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: ref('InternetGateway'),
    },
  },
  ...Object.assign({}, ...SUBNETS.map((each) => subnet(plan, each))),
  TaskSecurityGroup: securityGroup(plan),
})

const subnet = (plan: Plan, { id, cidr, zone }: (typeof SUBNETS)[number]): Resources => ({
  [id]: {
    Type: 'AWS::EC2::Subnet',
    Properties: {
      VpcId: ref('Vpc'),
      CidrBlock: cidr,
      AvailabilityZone: { 'Fn::Select': [zone, { 'Fn::GetAZs': ref('AWS::Region') }] },
      // tasks ask for their address themselves
      MapPublicIpOnLaunch: false,
      Tags: nameTag(plan, `subnet-${zone + 1}`),
    },
  },
  [`${id}Routes`]: {
    Type: 'AWS::EC2::SubnetRouteTableAssociation',
    Properties: { SubnetId: ref(id), RouteTableId: ref('RouteTable') },
  },
})

/** HTTPS out, nothing in. Name resolution and credentials do not pass a security group. */
const securityGroup = (plan: Plan): Resource => ({
  Type: 'AWS::EC2::SecurityGroup',
  Properties: {
    GroupName: named(plan, 'mirror'),
    GroupDescription: 'CodeCommit Relay mirror tasks: HTTPS out, nothing in',
    VpcId: ref('Vpc'),
    SecurityGroupEgress: [
      {
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        CidrIp: '0.0.0.0/0',
        Description: 'CodeCommit, registry, logs',
      },
    ],
    Tags: nameTag(plan, 'mirror'),
  },
})

const nameTag = (plan: Plan, what: string): Value => [{ Key: 'Name', Value: named(plan, what) }]
