#!/usr/bin/env python3
"""The release preset and its binary: what limits the use of a memory error is built in (R-A12)."""
import json
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1])]
import report
import server

BINARY = server.ROOT / 'build/release/stagedoor'
FLAGS = ['-fPIE', '-fstack-protector-strong', '-fstack-clash-protection', '-D_FORTIFY_SOURCE=2', '-D_GLIBCXX_ASSERTIONS',
         *(['-fcf-protection'] if platform.machine() == 'x86_64' else [])]


class ReleasePreset(unittest.TestCase):
    def test_every_file_is_compiled_and_the_program_linked_with_the_flags(self):
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run(['cmake', '--preset', 'release', '-DCMAKE_UNITY_BUILD=OFF', '-B', folder], cwd=server.ROOT,
                                  capture_output=True, text=True, timeout=300)
            self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
            commands = json.loads((pathlib.Path(folder) / 'compile_commands.json').read_text())
            build = (pathlib.Path(folder) / 'build.ninja').read_text()
        own = [entry for entry in commands if '/src/' in entry['file']]
        self.assertGreater(len(own), 100)
        for entry in own:
            words = entry['command'].split()
            self.assertEqual([flag for flag in FLAGS if flag not in words], [], entry['file'])
            self.assertLess(words.index('-U_FORTIFY_SOURCE'), words.index('-D_FORTIFY_SOURCE=2'))
        link = build[build.index('build stagedoor: '):]
        link = link[:link.index('\n\n')]
        self.assertRegex(link, r'LINK_FLAGS = .*-pie.*-Wl,-z,relro,-z,now')


@unittest.skipUnless(BINARY.exists() and BINARY.stat().st_mtime > (server.ROOT / 'CMakeLists.txt').stat().st_mtime,
                     'there is no build/release/stagedoor, or an old one; ./x build makes it')
@unittest.skipUnless(shutil.which('readelf'), 'readelf is not installed (Debian: binutils)')
class ReleaseBinary(unittest.TestCase):
    def read(self, *options):
        return subprocess.run(['readelf', '--wide', *options, BINARY], capture_output=True, text=True, check=True).stdout

    def test_is_position_independent_and_binds_all_symbols_at_start(self):
        self.assertRegex(self.read('--file-header'), r'Type: +DYN')
        dynamic = self.read('--dynamic')
        self.assertIn('BIND_NOW', dynamic)
        self.assertRegex(dynamic, r'FLAGS_1.*PIE')
        self.assertIn('GNU_RELRO', self.read('--program-headers'))

    def test_checks_its_stack_and_the_lengths_of_copies(self):
        symbols = self.read('--dyn-syms')
        self.assertIn('__stack_chk_fail', symbols)
        self.assertTrue(re.search(r'__[a-z]+_chk@', symbols.replace('__stack_chk_fail', '')), 'no checked call such as __memcpy_chk')

    def test_checks_the_use_of_containers(self):
        self.assertIn('__glibcxx_assert_fail', self.read('--dyn-syms'))

    def test_has_no_segment_that_is_writable_and_executable(self):
        headers = self.read('--program-headers')
        self.assertNotRegex(headers, r'LOAD .* RWE ')
        self.assertRegex(headers, r'GNU_STACK .* RW ')


if __name__ == '__main__':
    report.main()
