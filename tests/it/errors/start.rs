//! Servers that must not start, and what one says of itself when it has.

use std::net::SocketAddr;

use dopusk::server::{ServeError, Settings, start};
use tempfile::TempDir;
use tokio_stream::StreamExt as _;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::host::{Host, settings};

async fn refused(change: impl FnOnce(&mut Settings)) -> ServeError {
    let folder = TempDir::new().unwrap();
    let mut settings = settings(folder.path().join("store"));
    change(&mut settings);
    match start(settings).await {
        Ok(running) => panic!("it listens on {:?}", running.address()),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_others_reach_is_refused() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:0"] {
        let address: SocketAddr = address.parse().unwrap();
        let error = refused(|settings| settings.listen = Some(address)).await;
        assert!(matches!(error, ServeError::NotLoopback(it) if it == address), "{error:?}");
        assert!(error.to_string().contains("not a loopback address"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_a_listener_is_refused() {
    let error = refused(|settings| settings.listen = None).await;
    assert!(matches!(error, ServeError::NoListener), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_refused() {
    let host = Host::start().await;
    let address: SocketAddr = host.url().trim_start_matches("http://").parse().unwrap();
    let error = refused(|settings| settings.listen = Some(address)).await;
    assert!(matches!(&error, ServeError::Bind { place, .. } if *place == address.to_string()), "{error:?}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_use_is_refused() {
    let host = Host::start().await;
    let data = host.folder().join("store");
    let error = refused(|settings| settings.engine.data = data).await;
    assert!(matches!(error, ServeError::Engine(_)), "{error:?}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_in_use_is_refused_and_a_stale_one_is_replaced() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists(), "a dead server leaves its socket");
    let host = Host::start_with(|settings| settings.socket = Some(socket.clone())).await;
    let through = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
    let through = through.connect().await.unwrap();
    assert_serves(through).await;
    let error = refused(|settings| settings.socket = Some(socket.clone())).await;
    assert!(matches!(&error, ServeError::SocketInUse(it) if *it == socket), "{error:?}");
    host.stop().await;
    assert!(!socket.exists(), "a server that stops takes its socket along");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_the_sockets_place_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("notes");
    std::fs::write(&place, "mine").unwrap();
    let error = refused(|settings| settings.socket = Some(place.clone())).await;
    assert!(matches!(error, ServeError::Bind { .. }), "{error:?}");
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "mine");
}

/// The services of the contract.
const SERVICES: [&str; 7] = [
    "DecisionService",
    "DirectoryService",
    "HistoryService",
    "PreviewService",
    "ReviewService",
    "WatchService",
    "WhyNotService",
];

async fn assert_serves(channel: Channel) {
    let names = SERVICES.map(|service| format!("dopusk.v1.{service}"));
    for name in names.into_iter().chain([String::new(), "dopusk.v1.DirectoryService/Write".to_owned()]) {
        let request = HealthCheckRequest { service: name.clone() };
        let answer = HealthClient::new(channel.clone()).check(request).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_of_the_server_and_of_each_service() {
    let host = Host::start().await;
    assert_serves(host.channel.clone()).await;
    let unknown = HealthCheckRequest { service: "dopusk.v1.Nothing".to_owned() };
    let status = HealthClient::new(host.channel.clone()).check(unknown).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
    host.stop().await;
}

macro_rules! reflection {
    ($name:ident, $version:ident) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            use tonic_reflection::pb::$version::ServerReflectionRequest;
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::server_reflection_request::MessageRequest;
            use tonic_reflection::pb::$version::server_reflection_response::MessageResponse;
            let host = Host::start().await;
            let ask =
                |message| ServerReflectionRequest { host: String::new(), message_request: Some(message) };
            let asked = [
                ask(MessageRequest::ListServices(String::new())),
                ask(MessageRequest::FileContainingSymbol("dopusk.v1.DecisionService".to_owned())),
            ];
            let mut client = ServerReflectionClient::new(host.channel.clone());
            let mut answers =
                client.server_reflection_info(tokio_stream::iter(asked)).await.unwrap().into_inner();
            let mut answer = async || answers.next().await.unwrap().unwrap().message_response.unwrap();
            let MessageResponse::ListServicesResponse(services) = answer().await else {
                panic!("no list of services")
            };
            let names: Vec<String> = services.service.into_iter().map(|it| it.name).collect();
            for service in SERVICES {
                assert!(names.contains(&format!("dopusk.v1.{service}")), "{names:?}");
            }
            let MessageResponse::FileDescriptorResponse(files) = answer().await else { panic!("no file") };
            assert!(!files.file_descriptor_proto.is_empty());
            host.stop().await;
        }
    };
}

reflection!(reflection_v1_is_answered, v1);
reflection!(reflection_v1alpha_is_answered, v1alpha);
