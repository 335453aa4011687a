import type { Commit, UserInfo } from '@aws-sdk/client-codecommit'

/** A raw commit object as the API shows it; headers beyond the usual four (signatures) become `additionalData`. */
export const parseCommit = (commitId: string, raw: Buffer): Commit => {
  const text = raw.toString('utf8')
  const end = text.indexOf('\n\n')
  const head = end < 0 ? text : text.slice(0, end)
  // a line that begins with a space goes on with the header before it
  const headers = head.split(/\n(?! )/).map((line) => {
    const space = line.indexOf(' ')
    return { name: line.slice(0, space), value: line.slice(space + 1), line }
  })
  const all = (name: string) => headers.filter((header) => header.name === name).map(({ value }) => value)
  const usual = ['tree', 'parent', 'author', 'committer']
  return {
    commitId,
    treeId: all('tree')[0] ?? '',
    parents: all('parent'),
    message: end < 0 ? '' : text.slice(end + 2),
    author: parseUser(all('author')[0]),
    committer: parseUser(all('committer')[0]),
    additionalData: headers
      .filter(({ name }) => !usual.includes(name))
      .map(({ line }) => line)
      .join('\n'),
  }
}

/** `Name <mail> seconds zone`: the date is shown as git writes it, `seconds zone`. */
const parseUser = (text = ''): UserInfo => {
  const [, name = '', email = '', date = ''] = /^(.*?) ?<([^>]*)> ?(.*)$/s.exec(text) ?? []
  return { name, email, date }
}
