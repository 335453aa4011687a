import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nextOfCron, parseCron } from '../../../local/scheduler/cron.ts'
import { nextRun, parseExpression, parseRuleSchedule } from '../../../local/scheduler/expression.ts'
import { isTimezone, momentIn, wallClock } from '../../../local/scheduler/timezone.ts'

const timesOf = (expression: string, from: string, timezone = 'UTC', count = 3): string[] => {
  const cron = parseCron(`cron(${expression})`)
  if (!cron) throw new Error(`${expression} is none`)
  const found: string[] = []
  let at: number | undefined = Date.parse(from)
  for (let n = 0; n < count && at !== undefined; n += 1) {
    at = nextOfCron(cron, timezone, at)
    if (at !== undefined) found.push(new Date(at).toISOString().replace(':00.000Z', 'Z'))
  }
  return found
}

describe('cron', () => {
  test.each([
    ['0 10 * * ? *', '2031-05-17T10:00:00Z', ['2031-05-18T10:00Z', '2031-05-19T10:00Z', '2031-05-20T10:00Z']],
    [
      '15 12 * * ? *',
      '2031-05-17T12:14:59Z',
      ['2031-05-17T12:15Z', '2031-05-18T12:15Z', '2031-05-19T12:15Z'],
    ],
    [
      '0 18 ? * MON-FRI *',
      '2031-05-16T18:00:00Z',
      ['2031-05-19T18:00Z', '2031-05-20T18:00Z', '2031-05-21T18:00Z'],
    ],
    ['0 8 1 * ? *', '2031-12-02T00:00:00Z', ['2032-01-01T08:00Z', '2032-02-01T08:00Z', '2032-03-01T08:00Z']],
    [
      '0/15 * * * ? *',
      '2031-05-17T23:31:00Z',
      ['2031-05-17T23:45Z', '2031-05-18T00:00Z', '2031-05-18T00:15Z'],
    ],
    [
      '0/10 * ? * MON-FRI *',
      '2031-05-16T23:50:00Z',
      ['2031-05-19T00:00Z', '2031-05-19T00:10Z', '2031-05-19T00:20Z'],
    ],
    [
      '0/5 8-17 ? * MON-FRI *',
      '2031-05-16T17:50:00Z',
      ['2031-05-16T17:55Z', '2031-05-19T08:00Z', '2031-05-19T08:05Z'],
    ],
    [
      '0 9 ? * 2#1 *',
      '2031-05-01T00:00:00Z',
      ['2031-05-05T09:00Z', '2031-06-02T09:00Z', '2031-07-07T09:00Z'],
    ],
    ['0 9 ? * 6L *', '2031-05-01T00:00:00Z', ['2031-05-30T09:00Z', '2031-06-27T09:00Z', '2031-07-25T09:00Z']],
    ['0 9 ? * L *', '2031-05-01T00:00:00Z', ['2031-05-03T09:00Z', '2031-05-10T09:00Z', '2031-05-17T09:00Z']],
    ['0 9 L * ? *', '2032-01-01T00:00:00Z', ['2032-01-31T09:00Z', '2032-02-29T09:00Z', '2032-03-31T09:00Z']],
    ['0 9 LW * ? *', '2031-05-01T00:00:00Z', ['2031-05-30T09:00Z', '2031-06-30T09:00Z', '2031-07-31T09:00Z']],
    ['0 9 1W * ? *', '2031-02-01T00:00:00Z', ['2031-02-03T09:00Z', '2031-03-03T09:00Z', '2031-04-01T09:00Z']],
    ['0 9 15W JUN,AUG ? 2031', '2031-05-01T00:00:00Z', ['2031-06-16T09:00Z', '2031-08-15T09:00Z']],
    ['0 0 29 2 ? *', '2031-05-01T00:00:00Z', ['2032-02-29T00:00Z', '2036-02-29T00:00Z', '2040-02-29T00:00Z']],
    [
      '0 0 ? * FRI-MON *',
      '2031-05-17T00:00:00Z',
      ['2031-05-18T00:00Z', '2031-05-19T00:00Z', '2031-05-23T00:00Z'],
    ],
    [
      '30 22-1 1 * ? *',
      '2031-05-31T23:59:00Z',
      ['2031-06-01T00:30Z', '2031-06-01T01:30Z', '2031-06-01T22:30Z'],
    ],
    ['0 0 1 1 ? 2030', '2031-05-17T00:00:00Z', []],
  ])('%s after %s', (expression, from, expected) => {
    expect(timesOf(expression, from)).toEqual(expected)
  })

  test('goes by the clocks of its time zone: an hour left out is left out, one shown twice counts once', () => {
    expect(timesOf('30 2 * * ? *', '2031-03-28T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2031-03-29T01:30Z',
      '2031-03-31T00:30Z',
      '2031-04-01T00:30Z',
    ])
    expect(timesOf('30 2 * * ? *', '2031-10-25T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2031-10-26T00:30Z',
      '2031-10-27T01:30Z',
      '2031-10-28T01:30Z',
    ])
    expect(timesOf('0 0 * * ? *', '2031-05-17T00:00:00Z', 'Pacific/Kiritimati', 1)).toEqual([
      '2031-05-17T10:00Z',
    ])
  })

  test.each([
    '',
    '* * * * *',
    '* * * * * *',
    '* * ? * ? *',
    '* * * * ? * *',
    '60 * * * ? *',
    '* 24 * * ? *',
    '* * 0 * ? *',
    '* * 32 * ? *',
    '* * * 13 ? *',
    '* * * FOO ? *',
    '* * ? * 8 *',
    '* * ? * 0 *',
    '* * ? * 2#6 *',
    '* * ? * 9L *',
    '* * 40W * ? *',
    '* * * * ? 1969',
    '* * * * ? 2200',
    '*/0 * * * ? *',
    '1-2-3 * * * ? *',
    '1/2/3 * * * ? *',
    ',1 * * * ? *',
    ' * * * * ? *',
  ])('"%s" is none', (expression) => {
    expect(parseCron(`cron(${expression})`)).toBeUndefined()
  })

  test('the next time is the first that fits', () => {
    const field = (most: number) => fc.uniqueArray(fc.nat(most), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        field(59),
        field(23),
        fc.date({ min: new Date('2031-01-01'), max: new Date('2032-12-31'), noInvalidDate: true }),
        (minutes, hours, from) => {
          const cron = parseCron(`cron(${minutes.join()} ${hours.join()} * * ? *)`)!
          const next = nextOfCron(cron, 'UTC', from.getTime())!
          let naive = Math.floor(from.getTime() / 60_000) * 60_000 + 60_000
          while (
            !minutes.includes(new Date(naive).getUTCMinutes()) ||
            !hours.includes(new Date(naive).getUTCHours())
          )
            naive += 60_000
          expect(next).toBe(naive)
        },
      ),
    )
  })
})

describe('expressions', () => {
  test.each([
    ['rate(1 minute)', { everyMs: 60_000 }],
    ['rate(2 minute)', { everyMs: 120_000 }],
    ['rate(3 days)', { everyMs: 3 * 86_400_000 }],
    ['at(2031-05-17T09:04:33)', { at: Date.parse('2031-05-17T09:04:33Z') }],
    ['at(2020-02-29T00:00:00)', { at: Date.parse('2020-02-29T00:00:00Z') }],
  ])('%s', (text, timing) => {
    expect(parseExpression(text)).toEqual(timing)
  })

  test('at() is on the clocks of its time zone', () => {
    expect(parseExpression('at(2031-07-01T12:00:00)', 'America/New_York')).toEqual({
      at: Date.parse('2031-07-01T16:00:00Z'),
    })
    // an hour that the clocks leave out
    expect(parseExpression('at(2031-03-30T02:30:00)', 'Europe/Berlin')).toEqual({
      at: Date.parse('2031-03-30T01:30:00Z'),
    })
  })

  test.each([
    ...[
      'cron(0 1 * * * *)',
      'cron(7 20 * * NOT *)',
      'cron(INVALID)',
      'cron()',
      'rate(10 seconds)',
      'rate(10 years)',
      'rate()',
    ],
    ...[
      'rate(10)',
      'rate(10 minutess)',
      'rate(foo minutes)',
      'rate(-10 minutes)',
      'rate(0 minutes)',
      'rate( 10 minutes )',
    ],
    ...[
      ' rate(10 minutes)',
      'at(2021-12-31T23:59:59Z)',
      'at(2021-12-31)',
      'at(2031-02-30T00:00:00)',
      'at(2031-05-17T24:00:00)',
      '',
    ],
  ])('"%s" is refused', (text) => {
    expect(() => parseExpression(text)).toThrow(`Invalid Schedule Expression ${text}.`)
  })

  test('rules tell one minute from two minutes', () => {
    expect(parseRuleSchedule('rate(1 minute)')).toEqual({ everyMs: 60_000 })
    expect(parseRuleSchedule('rate(2 minutes)')).toEqual({ everyMs: 120_000 })
    expect(parseRuleSchedule('rate(1 minutes)')).toBeUndefined()
    expect(parseRuleSchedule('rate(2 minute)')).toBeUndefined()
  })

  test('a cron schedule is due after it was made, after each run, and between its dates', () => {
    const timing = parseExpression('cron(0 12 * * ? *)')
    const at = (text: string) => Date.parse(text)
    const createdAt = at('2031-05-17T09:00:00Z')
    expect(nextRun({ timing, createdAt })).toBe(at('2031-05-17T12:00:00Z'))
    expect(nextRun({ timing, createdAt, lastRun: at('2031-05-17T12:00:00Z') })).toBe(
      at('2031-05-18T12:00:00Z'),
    )
    expect(nextRun({ timing, createdAt, startsAt: at('2031-06-01T12:00:00Z') })).toBe(
      at('2031-06-01T12:00:00Z'),
    )
    expect(nextRun({ timing, createdAt, endsAt: at('2031-05-17T11:00:00Z') })).toBeUndefined()
  })
})

test('what the clocks show at a moment leads back to it, or to the same hour before', () => {
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
  )
  fc.assert(
    fc.property(zone, fc.integer({ min: 0, max: 4_000_000_000 }), (timezone, seconds) => {
      const shown = wallClock(seconds * 1_000, timezone)
      const back = momentIn(shown, timezone)!
      expect(wallClock(back, timezone)).toEqual(shown)
      expect(seconds * 1_000 - back === 0 || seconds * 1_000 - back <= 3_600_000).toBe(true)
    }),
  )
  expect(isTimezone('Europe/Berlin')).toBe(true)
  expect(isTimezone('Europe/Nowhere')).toBe(false)
  expect(isTimezone('+01:00')).toBe(false)
})
