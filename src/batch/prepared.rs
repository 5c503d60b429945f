//! What a batch grades, and by which plan: a class that is looked through, or a part of a planned one.
//!
//! Takes the lock of the output folder. Never grades.

use std::path::Path;

use super::{
    members::{Member, Members},
    output_dir::{self, OutputDir},
    plan::{Plan, Wishes},
    request::{Request, Share},
    roster::{Roster, roster_of},
};
use crate::fault::Fault;
use ids::ExerciseId;

/// What is graded, and by which plan.
pub(super) struct Prepared {
    pub(super) plan: Plan,
    pub(super) roster: Roster,
    pub(super) members: Vec<Member>,
}

/// Find out what is to be graded, and lock the folder of its outputs.
pub(super) fn prepare(request: &Request<'_>) -> Result<(OutputDir, Prepared), Fault> {
    let Request {
        settings,
        exercise,
        class,
        among,
        names,
        out,
        list,
        seeds,
        observe,
        share,
        fresh,
        ..
    } = request;
    if let Some(share) = share {
        return by_plan(share, &exercise.id, class, out);
    }
    let members = Members::find(exercise, settings, class, *names, among)?;
    let folder = OutputDir::lock_outside(out, class)?;
    let wishes = Wishes {
        exercise: &exercise.id,
        own: &exercise.seeds,
        given: seeds,
        observe: *observe,
        names: names.map(intake::NamePattern::as_str),
        place: out,
    };
    let mut plan = Plan::settle(Plan::read(&folder)?, &wishes)?;
    if *fresh {
        plan.begin_again();
    }
    let prepared = Prepared {
        plan,
        roster: roster_of(&members, *list, class)?,
        members: members.each().collect(),
    };
    Ok((folder, prepared))
}

/// What a machine grades that follows a plan, and its folder.
fn by_plan(
    Share {
        plan: file,
        path,
        shard,
    }: &Share<'_>,
    exercise: &ExerciseId,
    class: &Path,
    out: &Path,
) -> Result<(OutputDir, Prepared), Fault> {
    file.check_is_of(exercise, path)?;
    check_is_outside(path, class)?;
    let (roster, members) = file.part(class, *shard)?;
    let prepared = Prepared {
        plan: file.plan.clone(),
        roster,
        members,
    };
    let root = match shard {
        Some(shard) => shard.within(out),
        None => out.to_path_buf(),
    };
    let folder = OutputDir::lock_outside(&root, class)?;
    if let Some(earlier) = Plan::read(&folder)? {
        earlier.check_is_of(exercise, &root)?;
    }
    if let Some(shard) = shard {
        shard.mark_new(&folder)?;
    }
    Ok((folder, prepared))
}

/// A plan is refused that is among the submissions: whoever hands one in could write into it.
pub(super) fn check_is_outside(plan: &Path, class: &Path) -> Result<(), Fault> {
    if !output_dir::lies_in(plan, class) {
        return Ok(());
    }
    let message = format!(
        "failed to use the plan `{}`: it is among the submissions",
        plan.display()
    );
    Err(Fault::usage(message).hint("choose another place with `grade plan … --out PLAN`"))
}
