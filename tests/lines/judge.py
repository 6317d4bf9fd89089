"""Who has which place, made again from the log of joins and the store (decision 0028), and what is wrong with it: a second
implementation, which shares nothing with the server's."""
import bisect
import collections
import dataclasses

START = (0, 0)  # the position before the first record


@dataclasses.dataclass(frozen=True)
class Record:
    """A record of the log."""
    at: tuple       # its position: two numbers
    random: str     # names the append; 32 hex digits, as `user`
    user: str
    place: int = 0  # that was given before a loss; 0: a join


@dataclasses.dataclass(frozen=True)
class Answer:
    """A join that was answered with a place."""
    user: str
    place: int
    is_new: bool       # 201
    asked_at: float
    answered_at: float
    token: str = ''


def plain(uuid):
    return uuid.replace('-', '')


class Marks:
    """What the store has about the line of event 1. Nobody may join meanwhile."""

    def __init__(self, store):
        self.marks = [(epoch, (high, low), plain(random), last, joined_at) for epoch, high, low, random, last, joined_at in store.rows(
            'SELECT epoch, log_high, log_low, random_id, last_place, joined_at FROM line_marks WHERE event_id = 1 ORDER BY 1, 2, 3')]
        self.passed_over = {(epoch, (high, low)) for epoch, high, low in store.rows(
            'SELECT epoch, log_high, log_low FROM line_passed_over WHERE event_id = 1')}
        self.left_at = dict(store.rows('SELECT place, left_at FROM line_leaves WHERE event_id = 1'))
        self.visits = {place: (plain(user), begin, end) for place, user, begin, end in store.rows(
            'SELECT place, user_id, activated_at, expires_at FROM visits WHERE event_id = 1')}

    @property
    def last_place(self):
        return max((mark[3] for mark in self.marks), default=0)

    def has_taken(self, record):
        return bool(self.marks) and self.marks[-1][1] >= record.at


class Line:
    """The owner of each place, by counting the records between two marks. `wrong` has what must not be."""

    def __init__(self, marks, records):
        self.owners, self.joined_at, self.wrong = {}, {}, []
        starts = {1: START}
        stretches = collections.defaultdict(list)  # epoch -> [(from, to, place before, last place)]
        before = (1, START, '', 0, 0)
        for mark in marks.marks:
            epoch, at, _, last, joined_at = mark
            if epoch != before[0]:
                starts[epoch] = at
                if last != before[3]:
                    self.wrong.append(f'epoch {epoch} begins with {last} places, {before[3]} were given')
            else:
                stretches[epoch].append((before[1], at, before[3], last))
                for place in range(before[3] + 1, last + 1):
                    self.joined_at[place] = joined_at
            before = mark
        self.count(marks, records, starts, stretches)
        self.lost = [place for place in range(1, marks.last_place + 1) if place not in self.owners]

    def own(self, place, user):
        owner = self.owners.setdefault(place, user)
        if owner != user:
            self.wrong.append(f'place {place} is that of {owner} and of {user}')

    def count(self, marks, records, starts, stretches):
        counted = collections.Counter()
        for record in records:
            if record.place:
                self.own(record.place, record.user)
            epoch = max((epoch for epoch, start in starts.items() if start < record.at), default=None)
            if epoch is None:
                continue
            number = bisect.bisect_left(stretches[epoch], record.at, key=lambda stretch: stretch[1])
            if number == len(stretches[epoch]) or record.place or (epoch, record.at) in marks.passed_over:
                continue  # not taken yet, or it has no place
            counted[epoch, number] += 1
            self.own(stretches[epoch][number][2] + counted[epoch, number], record.user)
        for epoch, of_epoch in stretches.items():
            end = min((start for later, start in starts.items() if later > epoch), default=None)
            for number, (_, to, place, last) in enumerate(of_epoch):
                is_cut = end is not None and to > end
                if not is_cut and place + counted[epoch, number] != last:
                    self.wrong.append(f'epoch {epoch}: {counted[epoch, number]} records for the places {place + 1} to {last}')


def faults_of_answers(line, answers):
    """R-Q9, R-Q18: every place that was told is its owner's, told once as a new one, and later than all that were told before."""
    wrong = []
    for answer in answers:
        if line.owners.get(answer.place) != answer.user:
            wrong.append(f'place {answer.place} was given to {answer.user}, and is that of {line.owners.get(answer.place)}')
    for place, times in collections.Counter(answer.place for answer in answers if answer.is_new).items():
        if times > 1:
            wrong.append(f'place {place} was told {times} times as a new one')
    told = sorted(answers, key=lambda answer: answer.answered_at)
    highest, next_told = 0, 0
    for answer in sorted(answers, key=lambda answer: answer.asked_at):
        while next_told < len(told) and told[next_told].answered_at < answer.asked_at:
            highest = max(highest, told[next_told].place)
            next_told += 1
        if answer.is_new and answer.place < highest:
            wrong.append(f'place {answer.place} was given after somebody was told {highest}')
    return wrong


def faults_of_users(line, marks):
    """R-Q7: one place for a user at a time, by the stored stamps."""
    wrong, of_user = [], collections.defaultdict(list)
    for place, user in line.owners.items():
        of_user[user].append(place)
    for user, places in of_user.items():
        for place, later in zip(sorted(places), sorted(places)[1:]):
            ended_at = marks.visits[place][2] if place in marks.visits else marks.left_at.get(place)
            if ended_at is None or ended_at > line.joined_at[later]:
                wrong.append(f'{user} got place {later} while place {place} was theirs')
    for place, (user, *_) in marks.visits.items():
        if line.owners.get(place) != user:
            wrong.append(f'{user} was let in with place {place}, which is that of {line.owners.get(place)}')
    return wrong


def faults_of_limits(visits, people, every_ms, capacity):
    """R-Q10, by the stored stamps, both ends of a window included."""
    wrong = []
    begins = sorted(begin for _, begin, end in visits)
    for first, last in zip(begins, begins[people:]):
        if last - first <= every_ms:
            wrong.append(f'more than {people} people were let in from {first} to {last}')
    inside = 0
    for at, step in sorted(step for _, begin, end in visits if begin < end for step in ((begin, 1), (end, -1))):
        inside += step
        if inside > capacity:
            wrong.append(f'{inside} people were inside at {at}')
    return wrong


def ahead(line, marks):
    """How many people wait ahead of each place that waits."""
    waiting = [place for place in sorted(line.owners) if place not in marks.visits and place not in marks.left_at]
    return {place: number for number, place in enumerate(waiting)}
