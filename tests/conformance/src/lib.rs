//! Replays what a real Consul was recorded to answer, against any target that speaks HTTP.
