"""Runs the unittest cases of a script and leaves their results as GoogleTest does: an XML in the folder that GTEST_OUTPUT
names, which tools/test_totals.py counts. End a test script with `if __name__ == '__main__': report.main()`."""
import os
import pathlib
import sys
import unittest
import xml.etree.ElementTree as ElementTree


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.passed = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed.append(test)


def write(result, path):
    suites = ElementTree.Element('testsuites')
    suite = ElementTree.SubElement(suites, 'testsuite', name=path.stem)

    def add(test, tag=None, message=''):
        words = test.id().split('.')
        case = ElementTree.SubElement(suite, 'testcase', classname='.'.join(words[-2:-1]), name=words[-1], status='run')
        if tag:
            ElementTree.SubElement(case, tag, message=message)
    for test in result.passed:
        add(test)
    for test, trace in result.failures + result.errors:
        add(test, 'failure', trace.strip().splitlines()[-1])
    for test, reason in result.skipped:
        add(test, 'skipped', reason)
    ElementTree.ElementTree(suites).write(path, encoding='unicode')


def main():
    program = unittest.main(module='__main__', exit=False, verbosity=2,
                            testRunner=unittest.TextTestRunner(verbosity=2, resultclass=Result))
    folder = os.environ.get('GTEST_OUTPUT', '').removeprefix('xml:')
    if folder:
        write(program.result, pathlib.Path(folder) / (pathlib.Path(sys.argv[0]).stem + '.xml'))
    sys.exit(0 if program.result.wasSuccessful() else 1)
