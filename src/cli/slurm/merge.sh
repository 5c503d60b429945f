#!/bin/bash
#
# Joins the parts of a class that the tasks of shard.sh graded, and says which parts are missing or incomplete.
#
# `grade slurm` wrote this script. Submit it with `sbatch --dependency=afterany:JOB`, where JOB is that of shard.sh:
# it must also run if a task has failed.
#
@OPTIONS@

grade=@GRADE@
out=@OUT@
# What applies to every command of the program, as it was given to `grade slurm`.
settings=(@SETTINGS@)

command=("$grade" merge "$out" --out "$out" --exit-zero "${settings[@]}")
say() { echo "$(date '+%F %T') job ${SLURM_JOB_ID:-none}: $*"; }

say "runs the command$(printf ' %q' "${command[@]}")"
"${command[@]}"
status=$?
say "ends with exit status $status"
exit "$status"
