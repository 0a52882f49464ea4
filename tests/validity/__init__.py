"""The statistics, put to the test 200 times each: what the method promises, its threshold, and what was measured.

`make validity` runs the suites of `suites.SUITES` on simulated companies in which the truth is known, and writes
`docs/validity.md`. Every suite is a function from the number of a seed to an outcome, and from outcomes to lines of the
table; `runner` keeps outcomes in a JSON-lines file, so that a run can be stopped and taken up again.
"""
