import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkContent, readContent } from '../../../../local/codecommit/approvals/content.ts'
import { appliesTo, evaluate, isInPool } from '../../../../local/codecommit/approvals/evaluate.ts'
import { rule, template } from '../pull-requests/orchard.ts'

const A = '210987654321'
const omar = `arn:aws:iam::${A}:user/omar`
const omarFederated = `arn:aws:sts::${A}:federated-user/omar`
const omarInRole = `arn:aws:sts::${A}:assumed-role/Reviewers/omar`

describe('who belongs to a pool', () => {
  test.each([
    [`CodeCommitApprovers:${A}:omar`, omar, true],
    [`CodeCommitApprovers:${A}:omar`, omarFederated, true],
    // a session that is merely called so
    [`CodeCommitApprovers:${A}:omar`, omarInRole, false],
    [`CodeCommitApprovers:${A}:*omar`, omarInRole, true],
    [`CodeCommitApprovers:${A}:Reviewers/omar`, omarInRole, true],
    [`CodeCommitApprovers:${A}:Reviewers/*`, omarInRole, true],
    [`CodeCommitApprovers:${A}:Review/*`, omarInRole, false],
    [`CodeCommitApprovers:${A}:user/*`, omar, true],
    [`CodeCommitApprovers:${A}:user/*`, omarInRole, false],
    [`CodeCommitApprovers:${A}:omar`, `arn:aws:iam::${A}:user/division/omar`, true],
    [`CodeCommitApprovers:${A}:oma`, omar, false],
    ['CodeCommitApprovers:999999999999:omar', omar, false],
    [omar, omar, true],
    [omar, `${omar}s`, false],
    [`arn:aws:iam::${A}:user/*`, omar, true],
    [`arn:aws:iam::${A}:user/*`, omarFederated, false],
    [`arn:aws:sts::${A}:assumed-role/Reviewers/*`, omarInRole, true],
    [`arn:aws:sts::${A}:assumed-role/Reviewers/*`, `arn:aws:sts::${A}:assumed-role/Reviewers2/omar`, false],
    // as roles of AWS services are written
    [`arn:aws:sts::${A}:assumed-role/Reviewers`, omarInRole, true],
    [`arn:aws:iam::${A}:role/Reviewers`, omarInRole, false],
  ])('%s, %s: %s', (member, arn, expected) => {
    expect(isInPool([member], arn)).toBe(expected)
    expect(isInPool(['CodeCommitApprovers:000000000000:nobody', member], arn)).toBe(expected)
  })
})

const rules = (...contents: string[]) => contents.map((content, index) => ({ name: `r${index}`, content }))

describe('evaluation', () => {
  test.each([
    ['no rules', [], [], false, [true, [], []]],
    ['nobody has approved', rules(rule(1)), [], false, [false, [], ['r0']]],
    ['anybody may', rules(rule(1)), [omar], false, [true, ['r0'], []]],
    ['one of two', rules(rule(2)), [omar], false, [false, [], ['r0']]],
    ['one person twice counts once', rules(rule(2)), [omar, omar], false, [false, [], ['r0']]],
    ['two names of one session', rules(rule(2)), [omar, omarInRole], false, [true, ['r0'], []]],
    ['outside the pool', rules(rule(1, [omarInRole])), [omar], false, [false, [], ['r0']]],
    ['one approval for two rules', rules(rule(1), rule(1, [omar])), [omar], false, [true, ['r0', 'r1'], []]],
    ['one rule of two', rules(rule(1), rule(2)), [omar], false, [false, ['r0'], ['r1']]],
    ['overridden', rules(rule(9)), [], true, [true, [], ['r0']]],
  ] as const)('%s', (_, given, approvers, overridden, [approved, satisfied, not]) => {
    expect(evaluate(given, approvers, overridden)).toEqual({
      approved,
      overridden,
      approvalRulesSatisfied: satisfied,
      approvalRulesNotSatisfied: not,
    })
  })

  const people = ['ann', 'bob', 'cleo', 'dan'].map((name) => `arn:aws:iam::${A}:user/${name}`)
  const someRules = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.option(fc.subarray(people), { nil: undefined })))
    .map((made) => rules(...made.map(([needed, pool]) => rule(needed, pool))))

  test('another approval never takes anything away', () => {
    fc.assert(
      fc.property(
        someRules,
        fc.array(fc.constantFrom(...people)),
        fc.constantFrom(...people),
        (r, some, one) => {
          const before = evaluate(r, some, false)
          const after = evaluate(r, [...some, one], false)
          expect(after.approvalRulesSatisfied).toEqual(
            expect.arrayContaining([...before.approvalRulesSatisfied]),
          )
          if (before.approved) expect(after.approved).toBe(true)
        },
      ),
    )
  })

  test('an override wins, and leaves the rules as they are; each rule is on one side', () => {
    fc.assert(
      fc.property(someRules, fc.array(fc.constantFrom(...people)), (r, some) => {
        const plain = evaluate(r, some, false)
        const overridden = evaluate(r, some, true)
        expect(overridden).toEqual({ ...plain, approved: true, overridden: true })
        expect(plain.approved).toBe(plain.approvalRulesNotSatisfied.length === 0)
        expect([...plain.approvalRulesSatisfied, ...plain.approvalRulesNotSatisfied].sort()).toEqual(
          r.map(({ name }) => name).sort(),
        )
      }),
    )
  })

  test('order and repetition of approvals do not matter', () => {
    fc.assert(
      fc.property(someRules, fc.array(fc.constantFrom(...people)), (r, some) => {
        expect(evaluate(r, [...some, ...some].reverse(), false)).toEqual(evaluate(r, some, false))
      }),
    )
  })
})

describe('content', () => {
  const statement = { Type: 'Approvers', NumberOfApprovalsNeeded: 1 }
  const good = { Version: '2018-11-08', Statements: [statement] }
  const members = (count: number) => Array.from({ length: count }, (_, n) => `CodeCommitApprovers:${A}:u${n}`)
  const refs = (count: number) => Array.from({ length: count }, (_, n) => `refs/heads/b${n}`)
  const pool = (list: unknown) => ({ ...good, Statements: [{ ...statement, ApprovalPoolMembers: list }] })

  test.each([
    ['as it should be', good, true],
    ['fifty members', pool(members(50)), true],
    ['fifty-one members', pool(members(51)), false],
    ['no members', pool([]), true],
    ['members that are no list', pool('omar'), false],
    ['a member that is nobody', pool(['omar']), false],
    ['a member without an account', pool(['CodeCommitApprovers:omar']), false],
    ['a member of another service', pool([`arn:aws:s3:::bucket`]), false],
    ['another version', { ...good, Version: '2012-10-17' }, false],
    ['no version', { Statements: [statement] }, false],
    ['no statement', { ...good, Statements: [] }, false],
    ['two statements', { ...good, Statements: [statement, statement] }, false],
    ['another type', { ...good, Statements: [{ ...statement, Type: 'Reviewers' }] }, false],
    ['no approvals', { ...good, Statements: [{ ...statement, NumberOfApprovalsNeeded: 0 }] }, false],
    ['half an approval', { ...good, Statements: [{ ...statement, NumberOfApprovalsNeeded: 1.5 }] }, false],
    ['a text for a number', { ...good, Statements: [{ ...statement, NumberOfApprovalsNeeded: '1' }] }, false],
    ['200 approvals', { ...good, Statements: [{ ...statement, NumberOfApprovalsNeeded: 200 }] }, true],
    ['201 approvals', { ...good, Statements: [{ ...statement, NumberOfApprovalsNeeded: 201 }] }, false],
    ['an unknown key', { ...good, Statement: [] }, false],
    ['an unknown key in the statement', { ...good, Statements: [{ ...statement, Effect: 'Allow' }] }, false],
    ['destinations in a rule', { ...good, DestinationReferences: ['refs/heads/main'] }, false],
    ['a list', [good], false],
    ['nothing', null, false],
  ])('%s', (_, document, valid) => {
    expect(typeof checkContent(JSON.stringify(document), 'rule')).toBe(valid ? 'object' : 'string')
  })

  test.each([
    ['a hundred destinations', refs(100), true],
    ['a hundred and one', refs(101), false],
    ['a wildcard at the end', ['refs/heads/release/*'], true],
    ['a wildcard first', ['refs/heads/*'], false],
    ['a short name', ['main'], false],
    ['a tag', ['refs/tags/v1'], false],
    ['no list', 'refs/heads/main', false],
  ])('of a template: %s', (_, destinations, valid) => {
    const document = JSON.stringify({ ...good, DestinationReferences: destinations })
    expect(typeof checkContent(document, 'template')).toBe(valid ? 'object' : 'string')
  })

  test('3,000 characters, and one more', () => {
    const padded = (length: number) => JSON.stringify(good).padEnd(length)
    expect(checkContent(padded(3_000), 'rule')).toMatchObject({ content: JSON.stringify(good) })
    expect(checkContent(padded(3_001), 'rule')).toMatch(/longer than 3000/)
    expect(checkContent('{Version: 2018-11-08}', 'rule')).toMatch(/not a JSON object/)
  })

  test('is kept without white space, and its hash is that of what is kept', () => {
    const spaced = `{ "Statements": [ ${JSON.stringify(statement)} ],\n "Version": "2018-11-08" }`
    expect(checkContent(spaced, 'rule')).toEqual({
      content: `{"Statements":[${JSON.stringify(statement)}],"Version":"2018-11-08"}`,
      // sha256sum of that text
      sha256: 'bd0153ea6fec9f1e763e8acfcd9953aa42922e8ef2f480a6c32140e2aeab8b26',
    })
  })

  test.each([
    [undefined, 'refs/heads/any', true],
    [['refs/heads/main'], 'refs/heads/main', true],
    [['refs/heads/main'], 'refs/heads/main2', false],
    [['refs/heads/release/*'], 'refs/heads/release/1/2', true],
    [['refs/heads/x', 'refs/heads/f*'], 'refs/heads/feature', true],
  ])('a template for %j and a pull request into %s: %s', (destinations, ref, expected) => {
    expect(appliesTo(readContent(template(1, destinations)), ref)).toBe(expected)
  })
})
