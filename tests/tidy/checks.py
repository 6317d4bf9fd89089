"""What must hold for the text of this repository. Each check takes the folder of a tree and its files, and returns
findings, "file:line: what", none when all is well. tidy_test.py runs them on this tree and, to show that they can fail, on
small trees with one fault planted."""
import pathlib
import re

MODULE_ORDER = ['events', 'identity', 'queue', 'catalogue', 'wallet', 'reservation', 'payment', 'ticket', 'operator', 'compat']  # each may include those before it
BEAST_FILES_MAX = 2
LINES_WORTH_A_LOOK = 500
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 100
TABLES = ('settings_of',)  # functions that are one long table

CPP = ('.h', '.cpp')
MARKDOWN = ('.md',)


class Tree:
    """The files of a folder by their path inside it; text is read once."""

    def __init__(self, root, names):
        self.root = pathlib.Path(root)
        self.names = sorted(names)
        self._texts = {}

    def text(self, name):
        if name not in self._texts:
            self._texts[name] = (self.root / name).read_text(encoding='utf-8', errors='replace')
        return self._texts[name]

    def lines(self, name):
        return enumerate(self.text(name).splitlines(), 1)

    def select(self, endings, under='', tests=True):
        for name in self.names:
            if name.endswith(endings) and name.startswith(under) and (tests or not is_test(name)):
                yield name

    def exists(self, name):
        return (self.root / name).exists()


def is_test(name):
    return name.startswith('tests/') or re.search(r'_test\.(cpp|py)$', name) is not None


# --- C++ --------------------------------------------------------------------------------------------------------------


def may_include(name):
    """Prefixes of the own headers that this file may include; None: all (ARCHITECTURE.md, "Who may include whom")."""
    parts = name.split('/')
    if parts[0] != 'src' or len(parts) < 3:
        return None
    area = parts[1]
    if area == 'core':
        return ['core/']
    if area == 'json':
        return ['core/', 'json/']
    if area == 'protocol':
        return ['core/', 'protocol/']
    if area == 'jwt':
        return ['core/', 'json/', 'jwt/']
    if area == 'state':
        return ['core/', 'state/']
    if area == 'ports':
        return ['core/', 'state/', 'ports/']
    if area == 'engine':
        return ['core/', 'state/', 'ports/', 'engine/']
    if area == 'http':
        return ['core/', 'json/', 'http/']
    if area == 'crowd':
        return ['core/', 'protocol/', 'crowd/']
    if area == 'adapters':
        reports = [] if parts[2] == 'tables' else ['adapters/reports/']
        if parts[2] == 'reports':
            reports.append('protocol/')  # a report computes a draw again
        if parts[2] == 'outgoing':
            return ['core/', 'adapters/outgoing/']
        outgoing = {'webhook': ['adapters/outgoing/'], 'jwks': ['adapters/outgoing/', 'jwt/']}.get(parts[2], [])
        return ['core/', 'state/', 'ports/', 'sql/', 'adapters/tables/', *reports, *outgoing, f'adapters/{parts[2]}/']
    if area == 'api':
        return ['core/', 'json/', 'state/', 'ports/', 'engine/', 'http/', 'api/']
    if area == 'modules':
        module, stem = parts[2], parts[-1].split('.')[0]
        before = MODULE_ORDER[:MODULE_ORDER.index(module)] if module in MODULE_ORDER else []
        allowed = ['core/', 'json/', 'protocol/', 'state/', 'engine/'] + [f'modules/{name}/' for name in [*before, module]]
        if not stem.startswith('model'):
            allowed.append('ports/')
        if module == 'identity' or stem.startswith('http'):
            allowed += ['http/', 'api/']
        if module == 'identity':
            allowed.append('jwt/')
        return allowed
    if area == 'app' and len(parts) > 3:
        below = ['core/', 'json/', 'protocol/', 'jwt/', 'state/', 'ports/', 'engine/', 'http/', 'api/', 'modules/']
        wings = {
            'config': ['core/', 'adapters/system/', 'app/config/'],
            'instance': [*below, 'adapters/', 'app/config/', 'app/instance/'],
            'commands': [*below, 'adapters/reports/', 'crowd/', 'app/'],
        }
        if parts[3].split('.')[0] == 'instance':  # on any store and any clock, without sockets
            return [*[folder for folder in below if folder != 'http/'], 'http/render_refusal.h', 'http/router.h',
                    *(f'app/instance/{part}.h' for part in ('housekeeping', 'instance', 'staleness_guard'))]
        return wings.get(parts[2])
    return None  # main.cpp


def include_directions(tree):
    found = []
    for name in tree.select(CPP, 'src/', tests=False):
        allowed = may_include(name)
        if allowed is None:
            continue
        for number, line in tree.lines(name):
            include = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if include and not include[1].startswith(tuple(allowed)):
                found.append(f'{name}:{number}: may not include {include[1]} (only {", ".join(allowed)})')
    return found


def models_are_pure(tree):
    """No clock, no chance, no input or output where rules are decided."""
    forbidden = re.compile(r'#\s*include\s*<(random|fstream|iostream|thread|mutex|sqlite3\.h|boost/asio[^>]*)>'
                           r'|::now\(\)|\brand\(|\bgetenv\(')
    return [f'{name}:{number}: {match[0].strip()} does not belong in a model'
            for name in tree.select(CPP, 'src/modules/', tests=False) if name.rsplit('/', 1)[1].startswith('model')
            for number, line in tree.lines(name) if (match := forbidden.search(line))]


def beast_only_in_http(tree):
    users = {}
    for name in tree.select(CPP):
        for number, line in tree.lines(name):
            if re.search(r'#\s*include\s*[<"]boost/beast', line):
                users.setdefault(name, number)
    found = [f'{name}:{number}: Beast is for src/http only' for name, number in users.items()
             if not name.startswith('src/http/')]
    if len(users) > BEAST_FILES_MAX:
        found.append(f'{sorted(users)[-1]}:1: more than {BEAST_FILES_MAX} files include Beast: {", ".join(sorted(users))}')
    return found


KAFKA_HEADERS = ('src/adapters/kafka/client.h', 'src/adapters/kafka/topic_settings.h')  # for their folder only


def kafka_client_in_one_folder(tree):
    return [f'{name}:{number}: librdkafka is for the files of src/adapters/kafka only, and not for what others include'
            for name in tree.select(CPP, 'src/', tests=False)
            if not (name.startswith('src/adapters/kafka/') and name.endswith('.cpp')) and name not in KAFKA_HEADERS
            for number, line in tree.lines(name) if re.search(r'#\s*include\s*[<"]librdkafka/', line)]


def coroutines_only_in_connection(tree):
    return [f'{name}:{number}: coroutines are for src/http/connection.cpp only (g++ 12 destroys temporaries twice)'
            for name in tree.select(CPP) if name != 'src/http/connection.cpp'
            for number, line in tree.lines(name)
            if re.search(r'\bco_(await|return|yield|spawn)\b', line.split('//')[0])]


# http_public.cpp: a cache of rendered pages, which has nothing to do with rooms.
LOCKS_IN_QUEUE = ('src/modules/queue/room_registry.h', 'src/modules/queue/room_registry.cpp', 'src/modules/queue/http_public.cpp',
                  'src/modules/queue/joins_elsewhere.h')  # of the log's end, not of rooms


def one_mutex_file_of_the_rooms(tree):
    lock = re.compile(r'\b(std::\w*(mutex|_lock|lock_guard)|Mutex(Lock)?|Guarded)\b|<(shared_)?mutex>|core/guarded\.h')
    return [f'{name}:{number}: the locks of the rooms are in room_registry only'
            for name in tree.select(CPP, 'src/modules/queue/', tests=False) if name not in LOCKS_IN_QUEUE
            for number, line in tree.lines(name) if lock.search(line.split('//')[0])]


def one_namespace_a_folder(tree):
    """core, state, ports and engine are the vocabulary of all others, and app is nobody's: those are in stagedoor."""
    shared = ('core', 'state', 'ports', 'engine', 'app')
    other = {'operator': 'operators', 'stdout': 'standard_output'}  # a keyword, a macro
    findings = []
    for name in tree.select(CPP, 'src/', tests=False):
        folders = name.split('/')[1:-1]
        if not folders:
            continue
        folder = 'stagedoor' if folders[0] in shared else f'stagedoor::{other.get(folders[-1], folders[-1])}'
        for number, line in tree.lines(name):
            opened = re.match(r'namespace (stagedoor[\w:]*) \{', line)
            if opened and opened[1] != folder and not opened[1].startswith(folder + '::detail'):
                findings.append(f'{name}:{number}: in {opened[1]}, not in {folder}')
    return findings


def no_sql_in_code(tree):
    statement = re.compile(r'"[^"]*\b(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|'
                           r'CREATE\s+(UNIQUE\s+)?(TABLE|INDEX)|ALTER\s+TABLE|DROP\s+TABLE)\b', re.IGNORECASE)
    return [f'{name}:{number}: SQL lives in files under sql/'
            for name in tree.select(CPP, 'src/', tests=False) if 'sql' not in name.rsplit('/', 1)[1]
            for number, line in tree.lines(name) if statement.search(line)]


def refusals_are_told_by_code(tree):
    """What was answered is read from Answer::refusal; only src/http, and clients of the API, look at statuses."""
    compared = re.compile(r'\bstatus\b(?:\(\))?\s*(?:[=!]=|[<>]=?)\s*(?:\d|k[A-Z])')
    clients = ('src/http/', 'src/crowd/', 'src/adapters/webhook/', 'src/adapters/jwks/', 'src/app/commands/events.cpp', 'verify_draw')
    return [f'{name}:{number}: compares a status; read the refusal: {match[0]}'
            for name in tree.select(CPP, 'src/', tests=False) if not any(client in name for client in clients)
            for number, line in tree.lines(name) if (match := compared.search(line.split('//')[0]))]


SECRETS_COMPARED_IN = 'src/core/same_secret.cpp'


def secrets_are_compared_in_one_file(tree):
    """In constant time. Goes by names, so it sees only what is named as a secret; a size, an iterator or an enumerator is none."""
    function = re.compile(r'\b(CRYPTO_memcmp|(?:std::)?(?:mem|str|strn)cmp)\b')
    secret = r'\b(?:\w+(?:\.|->))*(?:\w*_)?(?:secret|password|passphrase|mac|hmac|signature)_?'
    compared = re.compile(rf'{secret}(?:\(\))?\s*[!=]=(?!\s*(?:\w+::|nullptr|""|std::nullopt))|[!=]=\s*{secret}(?![\w.:(]|->)')
    found = []
    for name in tree.select(CPP, 'src/', tests=False):
        if name == SECRETS_COMPARED_IN:
            continue
        for number, line in tree.lines(name):
            code = line.split('//')[0]
            if (match := function.search(code)) or (match := compared.search(code)):
                found.append(f'{name}:{number}: compares bytes as {match[0].strip()}; secrets are compared by is_same_secret only')
    return found


def files_say_their_job(tree):
    """A header begins with a comment: its job, and what it leaves to others."""
    return [f'{name}:1: begin with the job of this file, as a comment'
            for name in tree.select(('.h',), 'src/') if not tree.text(name).startswith('//')]


def files_are_short(tree):
    return [f'{name}:{FILE_LINES_MAX + 1}: {lines} lines; a file of the product has at most {FILE_LINES_MAX}'
            for name in tree.select(CPP, 'src/', tests=False)
            if (lines := tree.text(name).count('\n')) > FILE_LINES_MAX]


def functions_are_short(tree):
    """Goes by the format: a body ends with a lone brace, as far from the margin as the first line of its function. Deeper
    than two classes it does not look."""
    found = []
    for name in tree.select(CPP, 'src/', tests=False):
        begins = {}  # by distance from the margin: the last line that may begin a function
        for number, line in tree.lines(name):
            text = line.lstrip(' ')
            margin = len(line) - len(text)
            if margin not in (0, 2, 4):
                continue
            if text == '}' and margin in begins:
                first, head = begins[margin]
                lines = number - first + 1
                if lines > FUNCTION_LINES_MAX and not any(f'{table}(' in head for table in TABLES):
                    found.append(f'{name}:{first}: {lines} lines; a function has at most {FUNCTION_LINES_MAX}')
            elif not text.startswith(('}', ':', '/')):
                begins[margin] = number, text
    return found


def long_files(tree):
    """Not a fault: files in which to look for a second idea."""
    return [f'{name}: {lines} lines' for name in tree.select(CPP + ('.py',))
            if (lines := tree.text(name).count('\n')) > LINES_WORTH_A_LOOK]


# --- every text -------------------------------------------------------------------------------------------------------


def no_absolute_paths(tree):
    path = re.compile(r'(?<![\w.$}/])/(?:root|home|work|Users)/\w+')
    return [f'{name}:{number}: path of one machine: {match[0]}'
            for name in tree.select(CPP + MARKDOWN + ('.py', '.txt', '.yaml', '.toml', '.json', '.sql', '/x', 'run'))
            if name != 'web/package-lock.json'
            for number, line in tree.lines(name) if (match := path.search(line))]


def open_work_has_an_issue(tree):
    mark = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X)\b(?!\(#\d+\))')
    return [f'{name}:{number}: {match[0]} without its issue, as {match[1]}(#12)'
            for name in tree.select(CPP + ('.py', '.sql', '.md', '.txt')) for number, line in tree.lines(name)
            if (match := mark.search(line))]


# --- documents --------------------------------------------------------------------------------------------------------


def without_code(text):
    """The text with fenced blocks blanked, so that lines keep their numbers."""
    return re.sub(r'^```.*?^```$', lambda block: '\n' * block[0].count('\n'), text, flags=re.DOTALL | re.MULTILINE)


def code_blocks(text, language):
    return re.findall(rf'^```{language}\n(.*?)^```$', text, flags=re.DOTALL | re.MULTILINE)


def headings(text):
    return [(len(match[1]), match[2].strip()) for match in re.finditer(r'^(#+) (.*)$', without_code(text), re.MULTILINE)]


def anchor(heading):
    return re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-')


def links_resolve(tree):
    found = []
    for name in tree.select(MARKDOWN):
        folder = pathlib.PurePosixPath(name).parent
        for number, line in enumerate(without_code(tree.text(name)).splitlines(), 1):
            for target in re.findall(r'\]\(([^)\s]+)\)', line):
                if re.match(r'[a-z]+:', target):
                    continue
                path, _, fragment = target.partition('#')
                parts = []
                for part in (folder / path).parts if path else pathlib.PurePosixPath(name).parts:
                    parts = parts[:-1] if part == '..' else parts + [part]
                resolved = '/'.join(parts)
                if not tree.exists(resolved):
                    found.append(f'{name}:{number}: no such file: {target}')
                elif fragment and resolved.endswith('.md'):
                    if fragment not in [anchor(title) for _, title in headings(tree.text(resolved))]:
                        found.append(f'{name}:{number}: no such heading: {target}')
    return found


def named_files_exist(tree):
    """A path in backticks is a promise as well."""
    path = re.compile(r'`((?:src|sql|docs|tests|tools|deploy|web|demo|bench|api|\.ci)/[\w./*-]*)`')
    return [f'{name}:{number}: no such file: {match}'
            for name in tree.select(MARKDOWN)
            for number, line in enumerate(without_code(tree.text(name)).splitlines(), 1)
            for match in path.findall(line) if not list(tree.root.glob(match.rstrip('/')))]


def claims_are_tested(tree):
    """Every requirement that README's status table calls done or partly done is cited by a test."""
    cited = set()
    for name in tree.names:
        if is_test(name) and name.endswith(CPP + ('.py',)):
            cited.update(requirement_ids(tree.text(name)))
    found, rows = [], 0
    for number, line in tree.lines('README.md'):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if not line.startswith('|') or len(cells) < 2 or not re.match(r'R-[A-Z]\d', cells[0]):
            continue
        rows += 1
        if cells[1] not in ('done', 'partly', 'later'):
            found.append(f'README.md:{number}: the state of {cells[0]} is "{cells[1]}"; write done, partly or later')
        if cells[1] in ('done', 'partly'):
            found += [f'README.md:{number}: {claim} is called {cells[1]}, but no test cites it'
                      for claim in requirement_ids(cells[0]) if claim not in cited]
    return found if rows else ['README.md:1: no status table']


def requirement_ids(text):
    """R-Q1, R_Q1 in the name of a test, and R-K1–R-K3 or R-K1–K3 with all between."""
    ids = []
    for first_letter, first, _, last_letter, last in re.findall(r'R[-_]([A-Z])(\d+)(\s*–\s*(?:R-)?([A-Z])(\d+))?', text):
        end = int(last) if last and last_letter == first_letter else int(first)
        ids += [f'R-{first_letter}{number}' for number in range(int(first), end + 1)]
    return ids


def catalogue_fields_are_documented(tree):
    """Every field of the catalogue file stands in its page."""
    source, page = 'src/modules/catalogue/document.h', 'docs/catalogue.md'
    described = re.findall(r'BOOST_DESCRIBE_STRUCT\(\w+,\s*\(\),\s*\(([^)]*)\)\)', tree.text(source))
    fields = sorted({field.strip() for names in described for field in names.split(',')})
    return [f'{page}:1: says nothing of {field}' for field in fields if f'`{field}`' not in tree.text(page)]


def limits_name_settings_that_exist(tree):
    page, reference = 'docs/limits.md', 'docs/configuration.md'
    if not tree.exists(page):
        return []
    return [f'{page}:{number}: no such setting: {name}' for number, line in tree.lines(page)
            for name in re.findall(r'`([a-z]+\.[a-z_]+)`', line) if f'| `{name}` |' not in tree.text(reference)]


def named_tests_exist(tree):
    """The tests that documents call in as witnesses, such as docs/invariants.md."""
    there = set()
    for name in tree.names:
        if is_test(name) and name.endswith('.cpp'):
            there.update(re.findall(r'\b(?:TEST(?:_F|_P)?|RC_GTEST(?:_FIXTURE)?_PROP)\((\w+),\s*(\w+)', tree.text(name)))
    return [f'{page}:{number}: no such test: {suite}.{test}' for page in tree.select(MARKDOWN) for number, line in tree.lines(page)
            for suite, test in re.findall(r'`([A-Z]\w*)\.([a-z]\w*_\w+)`', line) if (suite, test) not in there]


CONSTRAINED = 'XQCSWPA'  # letters of the requirements that limit something, each


def constraints_are_tested(tree):
    """R-X9: docs/constraints.md names tests that exist for each constraint, each code of a refusal, and each requirement that is done."""
    page, codes_in = 'docs/constraints.md', 'src/core/refusal.h'
    if not tree.exists(page):
        return [f'{page}:1: the list of constraints is missing']
    there = set()
    for name in tree.names:
        if is_test(name) and name.endswith('.py'):
            there.update(re.findall(r'def (test_\w+)\(', tree.text(name)))
    found, ids, constraints = [], set(), ''
    for number, line in tree.lines(page):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if not line.startswith('| ') or len(cells) != 3 or cells[0] == 'id':
            continue
        ids.update(requirement_ids(cells[0]))
        constraints += cells[1]
        witnesses = re.findall(r'`([^`]+)`', cells[2])
        if not witnesses:
            found.append(f'{page}:{number}: no test')
        # those of C++: named_tests_exist
        found += [f'{page}:{number}: no such test: {witness}' for witness in witnesses if '.' not in witness and witness not in there]
    codes = re.search(r'BOOST_DEFINE_ENUM_CLASS\(Code,([^)]*)\)', tree.text(codes_in))
    for code in re.findall(r'\w+', codes[1]) if codes else []:
        if f'`{code}`' not in constraints:
            found.append(f'{page}:1: no constraint is refused with {code}')
    for number, line in tree.lines('README.md'):
        cells = [cell.strip() for cell in line.strip().strip('|').split('|')]
        if not line.startswith('| R-') or len(cells) < 2 or cells[1] != 'done':
            continue
        found += [f'{page}:1: no constraint of {claim}' for claim in requirement_ids(cells[0])
                  if claim[2] in CONSTRAINED and claim not in ids and claim not in ('R-X9', 'R-X10')]
    return found


def diagrams_are_there(tree):
    """R-X10: the ERD, a sequence diagram for each kind of call and job, use cases, milestones; all as Mermaid."""
    found = []
    for name, kind in (('docs/erd.md', 'erDiagram'), ('docs/use-cases.md', 'flowchart'), ('docs/milestones.md', 'timeline')):
        if not tree.exists(name) or not any(block.startswith(kind) for block in code_blocks(tree.text(name), 'mermaid')):
            found.append(f'{name}:1: no Mermaid {kind}')
    wanted = ['Join', 'Poll', 'Listen', 'Admission', 'Look', 'Hold', 'Hold several', 'Pay', 'Pay refused', 'Expiry', 'Charge', 'Cancel',
              'Refund', 'Leave', 'Own records', 'Operator change', 'Import', 'Checkpoint']
    text = tree.text('docs/sequences.md') if tree.exists('docs/sequences.md') else ''
    sections = re.split(r'^## ', text, flags=re.MULTILINE)[1:]
    drawn = [section.split('\n', 1)[0].strip() for section in sections
             if any(block.startswith('sequenceDiagram') for block in code_blocks(section, 'mermaid'))]
    return found + [f'docs/sequences.md:1: no sequenceDiagram under "## {title}"' for title in wanted if title not in drawn]


def twin_readme_matches(tree):
    """README.ko.md has the sections, the code and the claims of README.md."""
    english, korean = tree.text('README.md'), tree.text('README.ko.md')
    found = []
    if [level for level, _ in headings(english)] != [level for level, _ in headings(korean)]:
        found.append('README.ko.md:1: its sections are not those of README.md')
    if code_blocks(english, r'\w*') != code_blocks(korean, r'\w*'):
        found.append('README.ko.md:1: its code blocks are not those of README.md')

    def claims(text):
        return re.findall(r'^\| *(R-[^|]+?) *\| *(\w+) *\|', text, re.MULTILINE)
    if claims(english) != claims(korean):
        found.append('README.ko.md:1: its status table claims something else than that of README.md')
    return found


CHECKS = [include_directions, models_are_pure, beast_only_in_http, kafka_client_in_one_folder, coroutines_only_in_connection, one_mutex_file_of_the_rooms, one_namespace_a_folder, no_sql_in_code,
          refusals_are_told_by_code, secrets_are_compared_in_one_file, files_say_their_job, files_are_short, functions_are_short, no_absolute_paths, open_work_has_an_issue, links_resolve, named_files_exist,
          catalogue_fields_are_documented, limits_name_settings_that_exist, claims_are_tested, named_tests_exist, constraints_are_tested, diagrams_are_there, twin_readme_matches]
