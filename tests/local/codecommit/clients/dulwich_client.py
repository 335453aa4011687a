"""Clones, commits, pushes a branch and fetches it again with dulwich.

dulwich names itself on every push over HTTP, asked or not, and CodeCommit hangs up on that: so the first push must fail. The
second leaves the name out.
"""
import sys

import dulwich.client
from dulwich import porcelain

url, user, password, folder = sys.argv[1:]
login = {"username": user, "password": password}
# the branch must be named: CodeCommit does not say which one HEAD means
repository = porcelain.clone(url, folder, branch=b"main", errstream=sys.stderr.buffer, **login)
with open(folder + "/dulwich.txt", "w") as file:
    file.write("by dulwich\n")
porcelain.add(repository, [folder + "/dulwich.txt"])
commit = porcelain.commit(repository, b"by dulwich", author=b"D <d@example.com>", committer=b"D <d@example.com>")


def push():
    porcelain.push(repository, url, b"HEAD:refs/heads/dulwich", errstream=sys.stderr.buffer, **login)


try:
    push()
    raise SystemExit("a push that announces its agent was taken")
except Exception as error:
    print("refused:", type(error).__name__)
dulwich.client.capability_agent = lambda: b"report-status"
push()
porcelain.fetch(repository, url, errstream=sys.stderr.buffer, **login)
print(commit.decode())
