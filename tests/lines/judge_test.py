#!/usr/bin/env python3
"""Without a server: the judge of the rounds of faults on the line sees every sort of fault (R-Q18)."""
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import judge
import report
from judge import Answer, Record


class Store:
    """Rows as the rounds read them."""

    def __init__(self, marks, passed_over=(), leaves=(), visits=()):
        self.answers = [marks, passed_over, leaves, visits]

    def rows(self, sql):
        tables = ('line_marks', 'line_passed_over', 'line_leaves', 'visits')
        return self.answers[next(number for number, table in enumerate(tables) if table in sql)]


def record(offset, user, place=0):
    return Record((offset, 0), f'r{offset}{user}', user, place)


def mark(epoch, offset, last, at):
    return epoch, offset, 0, f'r{offset}', last, at


class Judge(unittest.TestCase):
    # Places 1 to 3 by two batches, with a record that was passed over; the log is lost; the places are put back, and place 4 follows.
    MARKS = (mark(1, 2, 2, 100), mark(1, 4, 3, 200), mark(2, 0, 3, 300), mark(2, 5, 4, 400))
    PASSED_OVER = ((1, 3, 0),)
    RECORDS = (record(1, 'a', 1), record(2, 'b', 2), record(3, 'c', 3), record(4, 'd'), record(5, 'e', 2))

    def line(self, marks=MARKS, passed_over=PASSED_OVER, records=RECORDS, **rows):
        self.marks = judge.Marks(Store(marks, passed_over, **rows))
        return judge.Line(self.marks, records)

    def test_makes_the_places_of_two_epochs(self):
        line = self.line(records=[*self.RECORDS[:4], record(5, 'b', 2)])
        self.assertEqual(line.owners, {1: 'a', 2: 'b', 3: 'c', 4: 'd'})
        self.assertEqual((line.lost, line.wrong), ([], []))
        self.assertEqual(line.joined_at, {1: 100, 2: 100, 3: 200, 4: 400})

    def test_makes_the_places_of_the_first_epoch_from_its_records(self):
        line = self.line(self.MARKS[:2], records=[record(1, 'a'), record(2, 'b'), record(3, 'a'), record(4, 'c'), record(5, 'd')])
        self.assertEqual((line.owners, line.wrong), ({1: 'a', 2: 'b', 3: 'c'}, []))
        self.assertFalse(self.marks.has_taken(record(5, 'd')))

    def test_sees_a_place_of_two_people(self):
        self.assertIn('place 2 is that of b and of e', self.line().wrong)

    def test_sees_places_that_the_log_does_not_have(self):
        self.assertEqual(self.line(records=self.RECORDS[1:4]).lost, [1])

    def test_sees_records_that_are_more_or_fewer_than_the_places(self):
        records = [record(1, 'a'), record(2, 'b'), record(4, 'c')]
        self.assertEqual(self.line(self.MARKS[:2], (), records).wrong, [])
        self.assertEqual(len(self.line(self.MARKS[:2], (), records[:2]).wrong), 1)
        self.assertEqual(len(self.line(self.MARKS[:2], (), [*records, record(3, 'x')]).wrong), 1)

    def test_sees_an_epoch_that_gives_places_again(self):
        self.assertIn('epoch 2 begins with 1 places, 3 were given',
                      self.line((*self.MARKS[:2], mark(2, 0, 1, 300)), records=[]).wrong)

    def faults(self, *answers):
        return judge.faults_of_answers(self.line(records=[*self.RECORDS[:4]]), answers)

    def test_sees_places_that_went_to_somebody_else(self):
        self.assertEqual(self.faults(Answer('a', 1, True, 0, 1), Answer('b', 2, True, 0, 1), Answer('a', 1, False, 2, 3)), [])
        self.assertEqual(self.faults(Answer('a', 2, True, 0, 1)), ['place 2 was given to a, and is that of b'])
        self.assertEqual(self.faults(Answer('a', 1, True, 0, 1), Answer('a', 1, True, 0, 1)), ['place 1 was told 2 times as a new one'])

    def test_sees_places_that_do_not_rise(self):  # R-Q9
        self.assertEqual(self.faults(Answer('b', 2, True, 0, 1), Answer('a', 1, True, 0.5, 3)), [], 'at the same time')
        self.assertEqual(self.faults(Answer('b', 2, True, 0, 1), Answer('a', 1, True, 2, 3)), ['place 1 was given after somebody was told 2'])

    def test_sees_a_user_with_two_places(self):  # R-Q7
        records = [record(1, 'a'), record(2, 'b'), record(4, 'a')]

        def faults(**rows):
            return judge.faults_of_users(self.line(self.MARKS[:2], (), records, **rows), self.marks)
        self.assertEqual(faults(), ['a got place 3 while place 1 was theirs'])
        self.assertEqual(faults(leaves=[(1, 200)]), [])
        self.assertEqual(len(faults(leaves=[(1, 201)])), 1)
        self.assertEqual(faults(visits=[(1, 'a', 150, 200)]), [])
        self.assertEqual(len(faults(visits=[(1, 'a', 150, 250)])), 1)
        self.assertIn('x was let in with place 2, which is that of b', faults(visits=[(1, 'a', 150, 200), (2, 'x', 150, 200)]))

    def test_sees_limits_that_were_exceeded(self):  # R-Q10
        visits = [('', at, at + 100) for at in (0, 10, 20)]
        self.assertEqual(judge.faults_of_limits(visits, 2, 19, 3), [])
        self.assertEqual(len(judge.faults_of_limits(visits, 2, 20, 3)), 1)
        self.assertEqual(len(judge.faults_of_limits(visits, 3, 20, 2)), 1)
        self.assertEqual(judge.faults_of_limits([('', 0, 10), ('', 10, 20)], 3, 20, 1), [], 'one leaves when the other one comes')

    def test_counts_who_waits_ahead(self):
        line = self.line(records=self.RECORDS[:4], leaves=[(2, 300)], visits=[(1, 'a', 150, 200)])
        self.assertEqual(judge.ahead(line, self.marks), {3: 0, 4: 1})


if __name__ == '__main__':
    report.main()
