//! The thread that grades while the screen and the keys are looked after.
//!
//! Hides the session. Does one thing at a time: an order is given when the one before has ended, and the work is stopped
//! by its cancellation. Never prints.

use std::sync::mpsc::{Receiver, Sender};

use rustix::{event::EventfdFlags, fd::OwnedFd};

use crate::{
    fault::Fault,
    grading::{Again, RunPlan, Session, Single},
};
use ids::Digest;
use judge::record::Record;

/// What is to be done.
pub(super) enum Order {
    /// Grade, unless nothing changed.
    Grade,
    /// Grade on these data, whether anything changed or not.
    GradeOn(RunPlan),
}

/// What came of it. `Record` comes before `Graded`.
pub(super) enum News {
    /// The record of what was graded, and the one before, if it is remembered.
    Record(Box<(Record, Option<Record>)>),
    /// The order is carried out.
    Graded,
    /// Nothing changed, so nothing was graded.
    Unchanged,
    /// It was stopped, or the machine failed.
    Failed(Fault),
}

/// Sends news, and wakes the thread that waits for them.
pub(super) struct Teller {
    news: Sender<News>,
    bell: OwnedFd,
}

impl Teller {
    /// `bell` is an event descriptor.
    pub(super) fn new(news: Sender<News>, bell: OwnedFd) -> Self {
        Self { news, bell }
    }

    fn tell(&self, news: News) {
        // Nobody listens any more when the command ends.
        let _ = self.news.send(news);
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }
}

/// A descriptor that can be waited for, and rung from another thread.
pub(super) fn bell() -> rustix::io::Result<OwnedFd> {
    rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
}

/// Carry out orders until there are no more.
pub(super) fn work(
    mut session: Session<'_>,
    single: &Single<'_>,
    orders: &Receiver<Order>,
    teller: &Teller,
) {
    let mut last: Option<Digest> = None;
    while let Ok(order) = orders.recv() {
        if let Order::GradeOn(plan) = order {
            last = None;
            if let Err(fault) = session.change_data(&plan) {
                teller.tell(News::Failed(fault));
                continue;
            }
        }
        let mut told = |record, before| teller.tell(News::Record(Box::new((record, before))));
        let news = match session.grade_again(single, last.as_ref(), &mut told) {
            Ok(Again::Unchanged) => News::Unchanged,
            Ok(Again::Graded(content)) => {
                last = content;
                News::Graded
            }
            Err(fault) => News::Failed(fault),
        };
        teller.tell(news);
    }
}
