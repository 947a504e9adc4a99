//! What every driver that makes hosts must pass. A failed check panics.

use std::net::IpAddr;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Driver, DriverError, Keys, State};
use crate::ssh::make_keys;
use crate::{MachineName, Progress};

/// Takes a host that is not there yet through its life, and makes every call twice. `directory` is an empty one;
/// `answers` says whether a host with these keys answers over ssh at an address.
pub async fn check(driver: &dyn Driver, directory: &Path, answers: impl AsyncFn(&Path, IpAddr) -> bool) {
    let (progress, interrupt) = (Progress::new(|_| {}), CancellationToken::new());
    assert!(driver.status().await.is_err(), "a host that was never made has no state");
    driver.remove().await.expect("what is not there is removed");

    for _ in 0..2 {
        driver.check(&progress, &interrupt).await.expect("a host can be made");
    }
    assert!(driver.status().await.is_err(), "a check makes no host");

    let name = MachineName::parse("suite").expect("a name");
    let keys = make_keys(directory, &name).await.expect("keys are made");
    let address = driver.create(&keys, &progress, &interrupt).await.expect("a host is made");
    expect(driver, State::Running).await;
    assert!(answers(directory, address).await, "what was created answers over ssh");
    assert!(!driver.log().await.expect("there is a log").is_empty());

    type Call<'a> = (&'a str, fn(&dyn Driver) -> super::Pending<'_, Result<(), DriverError>>, State);
    let calls: [Call<'_>; 6] = [
        ("start", |driver| driver.start(), State::Running),
        ("stop", |driver| driver.stop(), State::Stopped),
        ("start", |driver| driver.start(), State::Running),
        ("kill", |driver| driver.kill(), State::Stopped),
        ("stop", |driver| driver.stop(), State::Stopped),
        ("start", |driver| driver.start(), State::Running),
    ];
    for (name, call, state) in calls {
        for _ in 0..2 {
            call(driver).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            expect(driver, state).await;
        }
        if state == State::Running {
            assert!(answers(directory, address).await, "what was started answers over ssh, where it did before");
        }
    }
    for _ in 0..2 {
        driver.remove().await.expect("a host is removed, there or not");
    }
    assert!(driver.status().await.is_err(), "a host that was removed has no state");
    interrupted(driver, &keys).await;
}

/// A creation that is interrupted leaves what `remove` finds.
async fn interrupted(driver: &dyn Driver, keys: &Keys) {
    let (progress, interrupt) = (Progress::new(|_| {}), CancellationToken::new());
    interrupt.cancel();
    match driver.create(keys, &progress, &interrupt).await {
        Ok(_) | Err(DriverError::Interrupted) => {}
        Err(error) => panic!("an interrupt is told as such: {error}"),
    }
    driver.remove().await.expect("what was half made is removed");
    assert!(driver.status().await.is_err());
}

async fn expect(driver: &dyn Driver, state: State) {
    let found = driver.status().await.expect("a host has a state");
    assert_eq!(found, state);
}
