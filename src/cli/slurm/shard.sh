#!/bin/bash
#
# Grades one part of a class: each task of this array of Slurm jobs grades the part that has the task's number.
#
# `grade slurm` wrote this script, and writes it anew whenever it is called. What it gets behind `--` stands here as
# options of sbatch. When all tasks have ended, merge.sh in the same folder joins what they graded.
#
@OPTIONS@

grade=@GRADE@
exercise=@EXERCISE@
class=@CLASS@
out=@OUT@
parts=@PARTS@
# What applies to every command of the program, as it was given to `grade slurm`.
settings=(@SETTINGS@)
# How often a task queues itself again.
most_restarts=10

if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
    echo "failed to run $0: it is a task of an array of Slurm jobs, so submit it with 'sbatch $0'" >&2
    exit 2
fi
@PATH@
part=$SLURM_ARRAY_TASK_ID
task=${SLURM_ARRAY_JOB_ID}_$part
restarts=${SLURM_RESTART_COUNT:-0}
say() { echo "$(date '+%F %T') part $part of $parts on ${SLURMD_NODENAME:-$(hostname)}: $*"; }
count_records() {
    shopt -s nullglob
    local records=("$out/shards/$part-of-$parts/records/"*.json)
    echo "${#records[@]}"
}

# Compiled crates are kept in the folder of `grade slurm --cache-dir`, or else on the node's own disk, for all tasks of
# this user. Others may write there as well, so a folder that is not ours is not used.
cache=@CACHE@
if [ -z "$cache" ]; then
    cache=@SCRATCH@/grade-cache-$UID
    mkdir -m 700 "$cache" 2>/dev/null
    if [ -L "$cache" ] || [ ! -d "$cache" ] || [ ! -O "$cache" ]; then
        say "failed to use $cache: it is no folder of this user; name another place with 'grade slurm --scratch DIR'"
        exit 2
    fi
    chmod 700 "$cache"
fi
export GRADE_CACHE_DIR=$cache

# Slurm sends SIGTERM to this shell before the time limit ends the task. The program then ends by itself, and keeps
# what it has graded.
child=
stopped=
trap 'stopped=yes; trap "" TERM; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM

say "begins as task $task, restarted $restarts times, with $(count_records) submissions graded"
"$grade" batch "$exercise" "$class" --out "$out" --shard "$part/$parts" --exit-zero --quiet "${settings[@]}" &
child=$!
[ -z "$stopped" ] || kill -TERM "$child"
wait "$child"
status=$?
# A signal ends `wait` before the program has ended.
if [ -n "$stopped" ]; then
    wait "$child"
    status=$?
fi

# Exit status 143 is SIGTERM, and 137 is SIGKILL, such as where memory ran out. A task that somebody cancelled is not
# running any more, and stays ended.
if [ "$status" -eq 143 ] || [ "$status" -eq 137 ]; then
    state=$(squeue --noheader --jobs="$task" --format=%T)
    if [ "$state" = RUNNING ] && [ "$restarts" -lt "$most_restarts" ]; then
        say "was stopped (exit status $status) with $(count_records) submissions graded, and goes on when Slurm starts it again"
        # Slurm ends by SIGTERM what it queues again.
        trap '' TERM
        scontrol requeue "$task" && exit 0
    fi
fi
say "ends with exit status $status; $(count_records) submissions are graded"
exit "$status"
