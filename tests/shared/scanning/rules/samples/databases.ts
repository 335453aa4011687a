import { type Samples, texts, token } from './kit.ts'

export const databases: Samples = {
  'postgres-connection-string': texts(
    [
      'DATABASE_URL=postgres://app:⟦{alnum:16}⟧@db1.prod.acme.io:5432/app',
      "engine = create_engine('postgresql+psycopg2://svc_user:⟦{alnum:20}⟧@10.2.3.4/app')",
    ],
    [
      'DATABASE_URL=postgres://app:password@db1.prod.acme.io:5432/app',
      `DATABASE_URL=postgres://app:\${DB_PASSWORD}@db1.prod.acme.io:5432/app`,
      'DATABASE_URL=postgres://app:⟦{alnum:16}⟧@localhost:5432/app',
    ],
  ),
  'mysql-connection-string': texts(
    [
      'DATABASE_URL="mysql://app:⟦{alnum:16}⟧@mysql.acme.io:3306/shop"',
      'url: mysql+pymysql://svc:⟦{alnum:20}⟧@10.2.3.4/app',
    ],
    [
      'DATABASE_URL="mysql://app:password@mysql.acme.io:3306/shop"',
      `DATABASE_URL="mysql://app:\${DB_PASSWORD}@mysql.acme.io:3306/shop"`,
      'DATABASE_URL="mysql://app:⟦{alnum:16}⟧@localhost:3306/shop"',
    ],
  ),
  'mongodb-connection-string': texts(
    [
      'MONGO_URL=mongodb+srv://app:⟦{alnum:16}⟧@cluster0.a1b2c.mongodb.net/app',
      "mongoose.connect('mongodb://svc:⟦{alnum:20}⟧@mongo1.acme.io:27017,mongo2.acme.io:27017/app')",
    ],
    [
      'MONGO_URL=mongodb+srv://app:password@cluster0.a1b2c.mongodb.net/app',
      `MONGO_URL=mongodb+srv://app:\${DB_PASSWORD}@cluster0.a1b2c.mongodb.net/app`,
      'MONGO_URL=mongodb+srv://app:⟦{alnum:16}⟧@localhost/app',
    ],
  ),
  'redis-connection-string': texts(
    [
      'REDIS_URL=rediss://default:⟦{alnum:24}⟧@eu1-xyz.upstash.io:6379',
      'cache: "redis://:⟦{alnum:32}⟧@cache.acme.io:6379/0"',
    ],
    [
      'REDIS_URL=rediss://default:password@eu1-xyz.upstash.io:6379',
      `REDIS_URL=rediss://default:\${DB_PASSWORD}@eu1-xyz.upstash.io:6379`,
      'REDIS_URL=rediss://default:⟦{alnum:24}⟧@localhost:6379',
    ],
  ),
  'amqp-connection-string': texts(
    [
      'AMQP_URL=amqps://app:⟦{alnum:16}⟧@b-1.mq.acme.io:5671',
      'broker = "amqp://svc:⟦{alnum:20}⟧@rabbit.acme.io//"',
    ],
    [
      'AMQP_URL=amqps://app:password@b-1.mq.acme.io:5671',
      `AMQP_URL=amqps://app:\${DB_PASSWORD}@b-1.mq.acme.io:5671`,
      'AMQP_URL=amqps://app:⟦{alnum:16}⟧@localhost:5671',
    ],
  ),
  'sqlserver-connection-url': texts(
    [
      'sqlserver://sa_app:⟦{alnum:16}⟧@sql.acme.io:1433?database=app',
      'clickhouse://svc:⟦{alnum:20}⟧@ch.acme.io:9440/default',
    ],
    [
      'sqlserver://sa_app:password@sql.acme.io:1433?database=app',
      `sqlserver://sa_app:\${DB_PASSWORD}@sql.acme.io:1433?database=app`,
      'sqlserver://sa_app:⟦{alnum:16}⟧@localhost:1433?database=app',
    ],
  ),
  'mssql-connection-string': texts(
    [
      'Server=tcp:acme.database.windows.net,1433;Initial Catalog=app;User ID=svc;Password=⟦{alnum:16}⟧;Encrypt=True;',
      'connectionString="Data Source=sql1;Initial Catalog=a;User Id=sa;Pwd=⟦{alnum:14}x9⟧"',
    ],
    [
      'Server=sql1;Database=a;User Id=sa;Password=password;',
      'Server=sql1;Database=a;Password={0};',
      'Server=sql1;Integrated Security=true;',
      'TTY=pts/1 ; PWD=/home/tu2sp3-a/x1 ; USER=root',
    ],
  ),
  'jdbc-connection-string': texts(
    [
      'jdbc:mysql://db.acme.io:3306/app?user=svc&password=⟦{alnum:16}⟧',
      'url=jdbc:sqlserver://sql.acme.io:1433;databaseName=a;user=sa;password=⟦{alnum:18}⟧;encrypt=true',
    ],
    [
      'jdbc:mysql://db/app?user=svc&password=password',
      'jdbc:postgresql://localhost/app',
      `jdbc:mysql://db/app?password=\${pw}`,
    ],
    { also: ['mssql-connection-string'] },
  ),
  'jdbc-oracle-thin': texts(
    [
      'jdbc:oracle:thin:scott_app/⟦{alnum:14}⟧@//ora.acme.io:1521/ORCL',
      '"jdbc:oracle:oci:app/⟦{alnum:16}⟧@tns"',
    ],
    ['jdbc:oracle:thin:@//host:1521/x', 'jdbc:oracle:thin:scott/password@host'],
  ),
  'go-mysql-dsn': texts(
    [
      'sql.Open("mysql", "app:⟦{alnum:16}⟧@tcp(db.acme.io:3306)/shop")',
      'dsn=svc:⟦{alnum:18}⟧@tcp(10.1.2.3:3306)/a',
    ],
    ['"root:password@tcp(127.0.0.1:3306)/x"', '"%s:%s@tcp(%s)/%s"'],
  ),
  'kafka-jaas-password': texts(
    [
      'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="svc" password="⟦{alnum:20}⟧";',
      'PlainLoginModule required username=\\"a\\" password=\\"⟦{alnum:24}⟧\\";',
    ],
    [`PlainLoginModule required username="a" password="\${PW}";`, 'ScramLoginModule required;'],
  ),
  'sql-user-password': texts(
    ["CREATE USER app IDENTIFIED BY '⟦{alnum:16}⟧';", "ALTER ROLE svc WITH LOGIN PASSWORD '⟦{alnum:18}⟧';"],
    [
      "CREATE USER app IDENTIFIED BY 'password';",
      "CREATE USER app WITH PASSWORD '$PW';",
      "IDENTIFIED BY 'NOVA_DBPASS';",
      "IDENTIFIED BY 'slave_password'",
      "the copy is identified by 'x-ms-copy-id'",
      'identified as "proto.package.Message.field"',
      "a clipboard is identified by 'selectionPrimary'",
    ],
  ),
  'database-environment-password': texts(
    ['PGPASSWORD=⟦{alnum:16}⟧ psql -h db', '      POSTGRES_PASSWORD: "⟦{alnum:18}⟧"'],
    ['POSTGRES_PASSWORD: postgres', `MYSQL_ROOT_PASSWORD=\${PW}`, 'DB_PASSWORD: process.env.DB_PASSWORD'],
  ),
  'neon-role-password': token('npg_{alnum:12}'),
  'astra-db-token': token('AstraCS:{AZ:24}:{hex:64}'),
  'fauna-secret': texts(
    ['FAUNA_SECRET=⟦fnA{alnum:37}⟧\n', 'new faunadb.Client({ x: "⟦fnAE{alnum:36}⟧" })'],
    ['fauna fnA{alnum:12}', 'other = "fnA{alnum:37}"'],
  ),
}
