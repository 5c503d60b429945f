//! Draw up the plan of a class that several machines grade.
//!
//! The machine that plans proves itself, and lets the reference pass, as it would before it grades the class: the time
//! limit of a run follows from the reference's time, and what records are made from is that of this machine. Never
//! grades.

use std::path::Path;

use super::{
    events::{Progress, ProgressEvent, Relay},
    members::Members,
    output_dir::{self, OutputDir},
    plan::{Plan, Wishes},
    plan_file::{PlanFile, plan_path},
    prepared::check_is_outside,
    proof::prove_machine,
    roster::{Roster, roster_of},
};
use crate::{
    config::Settings,
    course::Exercise,
    fault::Fault,
    grading::{self, ClassSetup, ObserveRequest, Session},
};
use ids::{ExerciseId, Seed, SubmissionId};
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

/// What was drawn before for the place of the plan, and who was in the class.
struct Earlier {
    plan: Plan,
    ids: Vec<SubmissionId>,
}

impl Earlier {
    /// That of an earlier plan, or of a batch in the folder in which the plan will be.
    fn find(path: &Path, exercise: &ExerciseId) -> Result<Option<Self>, Fault> {
        if let Some(file) = PlanFile::find(path)? {
            file.check_is_of(exercise, path)?;
            let ids = file.roster.ids;
            return Ok(Some(Self {
                plan: file.plan,
                ids,
            }));
        }
        let Some(folder) = path.parent() else {
            return Ok(None);
        };
        if plan_path(folder) != path || !output_dir::is_of_batch(folder) {
            return Ok(None);
        }
        let folder = OutputDir::read_only(folder)?;
        let ids = Roster::read(&folder)?.map_or_else(Vec::new, |roster| roster.ids);
        Ok(Plan::read(&folder)?.map(|plan| Self { plan, ids }))
    }
}

/// Draw up the plan and write it. What an earlier plan in this file, or a batch beside it, has drawn or
/// measured stays.
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
    check_is_outside(path, class)?;
    let wishes = Wishes {
        exercise: &exercise.id,
        own: &exercise.seeds,
        given: seeds,
        observe,
        names: names.map(intake::NamePattern::as_str),
        place: path,
    };
    let roster = roster_of(&members, list, class)?;
    let kept = match Earlier::find(path, &exercise.id)? {
        Some(Earlier { plan, ids }) => {
            roster.check_continues(&ids, path, class)?;
            Some(plan)
        }
        None => None,
    };
    let mut file = PlanFile::draw(kept, &wishes, &members, roster)?;
    if fresh {
        file.plan.raise();
    }
    let exercise_digest = grading::exercise_digest(settings, &exercise)?;
    let relay = Relay(progress);
    let setup = ClassSetup {
        class,
        out: path.parent().unwrap_or(path),
        plan: Some(path),
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
