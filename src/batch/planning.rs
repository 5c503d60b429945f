//! Draw up the plan of a class that several machines grade.
//!
//! The machine that plans proves itself, and lets the reference pass, as it would before it grades the class: the time
//! limit of a run follows from the reference's time, and what records are made from is that of this machine. Never
//! grades.

use std::path::Path;

use super::{
    events::{Progress, ProgressEvent, Relay},
    members::Members,
    output_dir,
    plan::Wishes,
    plan_file::PlanFile,
    proof::prove_machine,
    roster::roster_of,
};
use crate::{
    config::Settings,
    course::Exercise,
    fault::Fault,
    grading::{self, ClassSetup, ObserveRequest, Session},
};
use ids::Seed;
use sandbox::Sandbox;

/// What is to be planned.
#[derive(Debug)]
pub struct PlanRequest<'a> {
    /// The settings that hold.
    pub settings: &'a Settings,
    /// The exercise.
    pub exercise: Exercise,
    /// The class: a folder of submissions.
    pub class: &'a Path,
    /// How names in it are read, if the user says so.
    pub names: Option<&'a intake::NamePattern>,
    /// A list of the class, if there is one.
    pub list: Option<&'a gradebook::Roster>,
    /// The file of the plan.
    pub path: &'a Path,
    /// Seeds to grade on; none means those of the file, or fresh ones.
    pub seeds: &'a [Seed],
    /// Which runs are to be observed.
    pub observe: ObserveRequest,
    /// Whether everybody is graded again, also who did not change.
    pub fresh: bool,
}

/// Draw up the plan and write it. What an earlier plan in this file has drawn or measured stays.
///
/// # Errors
/// There is no class, the plan cannot be written, or this machine cannot grade.
pub fn plan(
    request: PlanRequest<'_>,
    sandbox: Sandbox,
    progress: &dyn Progress,
) -> Result<PlanFile, Fault> {
    let PlanRequest {
        settings,
        exercise,
        class,
        names,
        list,
        path,
        seeds,
        observe,
        fresh,
    } = request;
    progress.event(ProgressEvent::Preparing("finding the submissions"));
    let members = Members::find(&exercise, settings, class, names, &[])?;
    if output_dir::lies_in(path, class) {
        let message = format!(
            "failed to write the plan `{}`: it is among the submissions",
            path.display()
        );
        return Err(Fault::usage(message).hint("choose another place with `--out PLAN`"));
    }
    let wishes = Wishes {
        exercise: &exercise.id,
        own: &exercise.seeds,
        given: seeds,
        observe,
        names: names.map(intake::NamePattern::as_str),
        place: path,
    };
    let kept = PlanFile::find(path)?;
    let roster = roster_of(&members, list, class)?;
    let mut file = PlanFile::draw(kept.as_ref(), &wishes, &members, roster)?;
    if fresh {
        file.plan.raise();
    }
    let exercise_digest = grading::exercise_digest(settings, &exercise)?;
    let relay = Relay(progress);
    let setup = ClassSetup {
        class,
        out: path.parent().unwrap_or(path),
        among: &[],
    };
    let runs = file.plan.runs();
    let mut session =
        Session::open_for_class(settings, exercise.clone(), &runs, sandbox, &relay, setup)?;
    let known = file.plan.wall_limit(&exercise_digest);
    session.prove_for_class(known, |sandbox| prove_machine(&exercise, sandbox, progress))?;
    file.plan
        .set_wall_limit(session.wall_limit(), exercise_digest);
    let mut shared = session.inputs()?;
    shared.extend(file.plan.inputs());
    file.plan.set_made_from(shared);
    file.write(path)?;
    Ok(file)
}
