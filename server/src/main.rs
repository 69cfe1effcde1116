//! `portal`: one binary, several subcommands.

mod cli;

use std::{error::Error, process::ExitCode};

use backend::{
    Clock, Cx,
    access_reviews::restore_from_command_line,
    audit::{
        CheckpointKey, LastHead,
        export::{self, Which},
        verify,
    },
    dormancy::enable_from_command_line,
    incidents::{Report, lift_from_command_line, report_from_command_line},
    passkeys::{forget_from_command_line, waive_from_command_line},
    vault::{KeyFile, Vault},
};
use clap::Parser;
use migrations::MigratorTrait;
use model::incident::DrillKind;
use sea_orm::DbBackend;
use server::{
    audit_export, audit_report, backup_report, bundle_report,
    config::{self, Config},
    custody,
    database_roles::{self, Roles},
    drill,
    keys_report::{self, KeysTask},
    logging, restore, second_wall, serve, simulator, start,
    witness::{Memory, Sight, Witness},
};

use cli::{
    AccessReviewsCommand, AccountsCommand, AuditCommand, Cli, Command, ConfigCommand, IncidentCommand, KeysCommand,
    PasskeysCommand,
};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(code) => code,
        Err(error) => {
            let mut line = format!("portal: {error}");
            let mut cause = error.source();
            while let Some(error) = cause {
                line = format!("{line}: {error}");
                cause = error.source();
            }
            eprintln!("{line}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    // Needs nothing of a Portal: it runs on an auditor's machine.
    if let Command::Audit { command: AuditCommand::Verify { verifier: Some(verifier), export: Some(file), .. } } =
        &cli.command
    {
        let checked = export::check(std::io::BufReader::new(std::fs::File::open(file)?), verifier)?;
        audit_report::print_export(&checked);
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Incident { command: IncidentCommand::Verify { file, verifier: Some(verifier) } } = &cli.command {
        return bundle_report::check(file, verifier);
    }
    let config = Config::load(cli.config)?;
    match cli.command {
        Command::Config { command: ConfigCommand::Check } => Ok(report(&config::problems(&config))),
        Command::Serve { migrate } => {
            let problems = config::problems(&config);
            if !problems.is_empty() {
                return Ok(report(&problems));
            }
            logging::start(&config.log);
            let portal = start::portal(&config).await?;
            if migrate {
                migrations::Migrator::up(portal.db.reader(), None).await?;
            }
            if let Some(sentence) = lacks_migrations(&portal).await? {
                return Ok(report(&[sentence]));
            }
            custody::fits(&portal).await?;
            if start::copy_of(&portal.db).await? != portal.settings.copy_of {
                return Ok(report(&["A restore was under way: start again.".to_owned()]));
            }
            let works = config.has(config::Role::Worker);
            if !config.is_development()
                && let Some(excess) = database_roles::excess(portal.db.reader(), works).await?
            {
                let roles = Roles::of(portal.db.reader()).await?;
                let role = if works { roles.working } else { roles.serving };
                let sentence = format!(
                    "{excess}, and could change the log: run `portal migrate --roles` as the owner, and connect as a member of {role}."
                );
                return Ok(report(&[sentence]));
            }
            if !config.is_development()
                && let Some(gap) = second_wall::gaps(portal.db.reader()).await?.into_iter().next()
            {
                let sentence = format!(
                    "The wall between Teams in the database has a gap: {gap}. See “Row-level security” in docs/operations.md."
                );
                return Ok(report(&[sentence]));
            }
            let key = config.has(config::Role::Worker).then(|| start::checkpoint_key(&config)).transpose()?;
            serve::run(config, portal, key).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate { roles } => {
            let db = start::database(&config).await?;
            migrations::Migrator::up(db.reader(), None).await?;
            println!("The database is up to date.");
            if roles && db.backend() == DbBackend::Sqlite {
                return Ok(report(&["SQLite has no roles: who may read its file may do everything with it.".to_owned()]));
            }
            if roles {
                let roles = Roles::of(db.reader()).await?;
                roles.grant(db.reader()).await?;
                println!(
                    "Let processes connect as members of {} (web, gateway) and {} (worker).",
                    roles.serving, roles.working
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Keys { command: KeysCommand::Create } => {
            start::private_folder(&config)?;
            // Either file may be there already, from before or from another machine.
            if !config.key_file().exists() {
                KeyFile::create(&config.key_file(), Clock::system().now())?;
                println!(
                    "made {}; keep a copy in a safe place: without it no secret can be opened",
                    config.key_file().display()
                );
            }
            let key = CheckpointKey::create(&config.checkpoint_key_file(), &config.log_name())?;
            println!(
                "made {}; give this to whoever verifies the log: {}",
                config.checkpoint_key_file().display(),
                key.verifier()
            );
            Ok(ExitCode::SUCCESS)
        }
        Command::Keys { command } => {
            logging::start(&config.log);
            let portal = start::portal(&config).await?;
            if let Some(sentence) = lacks_migrations(&portal).await? {
                return Ok(report(&[sentence]));
            }
            let task = command.into();
            let work = async {
                if task != KeysTask::List {
                    // Nothing is done to one installation's file by what stands in another one's database.
                    custody::strictly_fits(&portal).await?;
                }
                keys_report::run(&portal, &config.key_file(), task).await
            };
            start::noted(&portal, work).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Backup { file } => {
            logging::start(&config.log);
            let portal = start::portal(&config).await?;
            if let Some(sentence) = lacks_migrations(&portal).await? {
                return Ok(report(&[sentence]));
            }
            let work = async {
                custody::strictly_fits(&portal).await?;
                backup_report::back_up(&portal, &file).await
            };
            backup_report::print(&start::noted(&portal, work).await?);
            println!("Keep {} apart from the master key that opens it.", file.display());
            Ok(ExitCode::SUCCESS)
        }
        Command::Restore { file, disposable: _ } => {
            logging::start(&config.log);
            if !config.key_file().exists() {
                return Ok(report(&[format!(
                    "There is no key file at {}: put the installation's there first.",
                    config.key_file().display()
                )]));
            }
            // Nothing is served, and nobody needs a mail server for this.
            let portal = start::portal(&Config { roles: vec![config::Role::Web], ..config }).await?;
            let manifest = restore::restore(&portal.vault, &portal.db, &file, portal.clock.now()).await?;
            backup_report::print(&manifest);
            println!("Restored. It is a copy: nothing is sent, and nobody asked, until `portal promote`.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Promote => {
            let portal = start::portal(&config).await?;
            if !restore::promote(&portal).await? {
                return Ok(report(&["This database is no restored copy, or was promoted before.".to_owned()]));
            }
            println!(
                "Promoted. Everybody signs in anew; what waited to be sent is dropped. Make sure that the original is stopped, start Portal, and then:"
            );
            println!(
                "- whatever was ended since the backup is back: keys, members, connections, passkeys, locks, disabled accounts. End it again;"
            );
            println!("- the log is shorter than the last signed head says: see \"After a restore\" in docs/operations.md.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo { owner } => {
            let Some(mailbox) = config.mail.capture_dir.clone().filter(|_| config.amazon.simulator_url.is_some()) else {
                return Ok(report(&[
                    "The demonstration needs captured mail and the simulator: `make demo` has both.".to_owned()
                ]));
            };
            let portal = start::portal(&config).await?;
            let teams = server::demo::fill(portal, &mailbox, &owner).await?;
            println!("Sign in as {owner}: {}.", teams.join(" and "));
            Ok(ExitCode::SUCCESS)
        }
        Command::Audit { command: AuditCommand::Export { format, team, from, until, size } } => {
            let portal = start::portal(&config).await?;
            let cx = Cx::system(&portal, "command line");
            let which = Which { team, from, until, ..Which::default() };
            let out = std::io::BufWriter::new(std::io::stdout().lock());
            let many = audit_export::write(&cx, which, size, format, out).await?;
            eprintln!("{many} events");
            Ok(ExitCode::SUCCESS)
        }
        Command::Audit { command: AuditCommand::Verify { verifier, witness, head, .. } } => {
            let mut witnessed = witness.map(|folder| Memory::read(&folder)).transpose()?.unwrap_or_default();
            if let Some(file) = head {
                witnessed
                    .push(audit_report::head_in(&std::fs::read_to_string(file)?).ok_or("This file holds no signed head.")?);
            }
            let own = LastHead::read(&config.checkpoint_key_file())?;
            let remembered: Vec<String> = witnessed.iter().cloned().chain(own.clone()).collect();
            let verifier = match verifier {
                Some(verifier) => verifier,
                None => CheckpointKey::load(&config.checkpoint_key_file())?.verifier().to_owned(),
            };
            let (db, vault) = (start::database(&config).await?, Vault::new(KeyFile::load(&config.key_file())?));
            let found = verify(db.reader(), &vault, &verifier, &remembered, Clock::system().now()).await?;
            Ok(audit_report::print(&found, witnessed.len(), own.is_some()))
        }
        Command::Witness(options) => {
            logging::start(&config.log);
            let witness = Witness::open(&options)?;
            println!("This witness signs as {}", witness.key.verifier());
            if !options.once {
                witness.watch(std::time::Duration::from_secs(options.every.max(1)), serve::stopped()).await;
                return Ok(ExitCode::SUCCESS);
            }
            match witness.look().await? {
                Sight::Fits(head) => println!("The log of {} events fits what was seen before.", head.size),
                Sight::Alarm(alarm) => return Ok(report(&[alarm.to_string()])),
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Drill { team, kind } => {
            let portal = start::portal(&config).await?;
            let mut code = ExitCode::SUCCESS;
            for kind in kind.map_or_else(|| DrillKind::ALL.to_vec(), |one| vec![one]) {
                let ended = start::noted(&portal, drill::run_now(&portal, team, kind)).await?;
                println!("{}", ended.report);
                if let Some(incident) = ended.incident {
                    println!("Kept: {}/teams/{team}/incidents/{incident}", config.public_url);
                }
                if !ended.passed {
                    code = ExitCode::FAILURE;
                }
            }
            Ok(code)
        }
        Command::Incident { command: IncidentCommand::Open { team, kind, title, detected, about, restricted, drill } } => {
            let portal = start::portal(&config).await?;
            let report = Report { detected_at: detected, restricted, drill, ..Report::of(kind, title) };
            let id = report_from_command_line(&portal, team, report, &about).await?;
            println!("{}: {}/teams/{team}/incidents/{id}", model::incident::code(id), config.public_url);
            Ok(ExitCode::SUCCESS)
        }
        Command::Passkeys { command: PasskeysCommand::Forget { email } } => {
            let portal = start::portal(&config).await?;
            match forget_from_command_line(&portal, &email).await? {
                0 => Ok(report(&[format!("{email} has no passkeys.")])),
                many => {
                    println!("Forgotten: {many}");
                    Ok(ExitCode::SUCCESS)
                }
            }
        }
        Command::Accounts { command: AccountsCommand::Enable { email } } => {
            enable_from_command_line(&start::portal(&config).await?, &email).await?;
            println!("Enabled: {email}");
            Ok(ExitCode::SUCCESS)
        }
        Command::AccessReviews { command: AccessReviewsCommand::Restore { team, email } } => {
            restore_from_command_line(&start::portal(&config).await?, team, &email).await?;
            println!("Let in again: {email}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Passkeys { command: PasskeysCommand::Waive { team } } => {
            waive_from_command_line(&start::portal(&config).await?, team).await?;
            println!("No passkeys are required any more.");
            Ok(ExitCode::SUCCESS)
        }
        Command::Incident { command: IncidentCommand::Lift { team, incident } } => {
            let portal = start::portal(&config).await?;
            let lifted = lift_from_command_line(&portal, team, incident).await?;
            if lifted.is_empty() {
                return Ok(report(&[
                    "No lock of this incident is without somebody in the Team who could lift it.".to_owned()
                ]));
            }
            lifted.iter().for_each(|lock| println!("Lifted: {lock}"));
            Ok(ExitCode::SUCCESS)
        }
        Command::Incident { command: IncidentCommand::Verify { file, verifier } } => {
            let own = || CheckpointKey::load(&config.checkpoint_key_file()).map(|key| key.verifier().to_owned());
            bundle_report::check(&file, &verifier.map_or_else(own, Ok)?)
        }
        Command::SimulateAmazon { listen } => {
            if !config.is_development() {
                return Ok(report(&[
                    "The simulator does not start beside a production configuration: set PORTAL_MODE=development."
                        .to_owned(),
                ]));
            }
            logging::start(&config.log);
            let listener = tokio::net::TcpListener::bind(listen).await?;
            simulator::serve(listener, simulator::Simulator::new(Clock::system()), serve::stopped()).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// One sentence a line; success when there is none.
async fn lacks_migrations(portal: &backend::Portal) -> Result<Option<String>, sea_orm::DbErr> {
    let missing = migrations::Migrator::get_pending_migrations_read_only(portal.db.reader()).await?.len();
    Ok((missing > 0).then(|| format!("The database lacks {missing} migrations: run `portal migrate` first.")))
}

fn report(problems: &[String]) -> ExitCode {
    for problem in problems {
        eprintln!("portal: {problem}");
    }
    if problems.is_empty() {
        println!("The configuration is in order.");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

/// What `portal keys` is told, but for `create`, which needs no database.
impl From<KeysCommand> for KeysTask {
    fn from(command: KeysCommand) -> Self {
        match command {
            KeysCommand::Create | KeysCommand::List => KeysTask::List,
            KeysCommand::Rotate { prepare: true, .. } => KeysTask::Prepare,
            KeysCommand::Rotate { data_keys_older_than: Some(days), .. } => KeysTask::RotateDataKeys(days),
            KeysCommand::Rotate { .. } => KeysTask::Rotate,
            KeysCommand::Rewrap => KeysTask::Rewrap,
            KeysCommand::Retire { id } => KeysTask::Retire(id),
        }
    }
}
