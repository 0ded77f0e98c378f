"""The whole journey in one command: teachers, their fusion, students, measurements, tables and plots.

`make headline PRESET=nano` takes a laptop some minutes, `PRESET=h200` a large GPU. Every stage leaves a file that says
it is done, so a journey that was cut goes on where it was.
"""
