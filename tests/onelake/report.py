"""What the checks found: a line each."""

from collections import Counter


class Report:
    """Prints a line a finding, and remembers whether all was well."""

    def __init__(self, verbose):
        self.verbose = verbose
        self.failed = []
        self.passed = 0
        self.check = ""

    def says(self, well, what, figures=""):
        """A finding: well or not, what it is about, and its figures."""
        text = f"{'ok  ' if well else 'FAIL'} {self.check}: {what}" + (f": {figures}" if figures else "")
        print(text.replace("\n", " / "), flush=True)
        if well:
            self.passed += 1
        else:
            self.failed.append(f"{self.check}: {what}")
        return well

    def detail(self, text):
        if self.verbose:
            print(text, flush=True)


def breakdown(title, lake, requests, top=12):
    """The requests of a command by kind, and the addresses that were asked most often."""
    kinds = Counter(request.kind for request in requests)
    urls = Counter(request.url.replace(f"/{lake.container}/{lake.root}", "").replace(f"{lake.root}/", "")
                   for request in requests)
    statuses = Counter(request.status for request in requests if request.status >= 300)
    lines = [f"  {title}: {len(requests)} requests of {len(urls)} addresses over "
             f"{len({request.connection for request in requests})} connections"]
    lines.append("    by kind: " + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
    if statuses:
        lines.append("    by status: " + ", ".join(f"{status} {n}" for status, n in statuses.most_common()))
    repeated = sum(n - 1 for n in urls.values())
    lines.append(f"    asked again of the same address: {repeated}")
    lines += [f"    {n:5} {url}" for url, n in urls.most_common(top) if n > 1]
    tables = Counter("/".join(url.split(" ", 1)[1].strip("/").split("/")[:2]) for url in urls.elements())
    lines.append("    by table: " + ", ".join(f"{name} {n}" for name, n in tables.most_common(8)))
    return "\n".join(lines)
