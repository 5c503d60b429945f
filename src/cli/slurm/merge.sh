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

exec "$grade" merge "$out" --out "$out" --exit-zero
