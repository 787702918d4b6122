// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAuthorization} from "./interfaces/IAuthorization.sol";
import {IDidRegistry} from "./interfaces/IDidRegistry.sol";
import {IResourceRegistry} from "./interfaces/IResourceRegistry.sol";
import {ISchemaRegistry} from "./interfaces/ISchemaRegistry.sol";
import {Authorization} from "./libraries/Authorization.sol";
import {Resources} from "./libraries/Resources.sol";

/// @title SchemaRegistry
/// @notice Immutable schemas of issuer DIDs, described in ISchemaRegistry.
contract SchemaRegistry is ISchemaRegistry, EIP712, Nonces {
    using Authorization for IDidRegistry;
    using Resources for mapping(bytes32 key => Resources.Head head);
    using Resources for string;
    using Resources for uint8;

    bytes32 private constant DELEGATE_TYPE = "schema";
    uint8 private constant RESTRICTED = 2;
    uint8 private constant ANON_CREDS = 4;

    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterSchema(uint8 kind,address issuer,string name,string version,bytes content,"
        "bool restricted,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant DEACTIVATE_TYPEHASH =
        keccak256("Deactivate(bytes32 key,uint256 nonce,uint256 deadline)");
    bytes32 private constant SET_ALLOWED_TYPEHASH =
        keccak256("SetAllowed(bytes32 key,address[] issuers,bool allowed,uint256 nonce,uint256 deadline)");

    /*//////////////////////////////////////////////////////////////
                              STATE
    //////////////////////////////////////////////////////////////*/

    IDidRegistry private immutable _didRegistry;
    mapping(bytes32 key => Resources.Head head) private _heads;
    mapping(bytes32 key => mapping(address issuer => bool allowed)) private _allowed;

    constructor(IDidRegistry didRegistry_) EIP712("SchemaRegistry", "1") {
        _didRegistry = didRegistry_;
    }

    /*//////////////////////////////////////////////////////////////
                              WRITES
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc ISchemaRegistry
    function register(Registration calldata registration) external returns (bytes32 key) {
        return _register(registration, msg.sender);
    }

    /// @inheritdoc ISchemaRegistry
    function registerBatch(Registration[] calldata registrations) external returns (bytes32[] memory keys) {
        keys = new bytes32[](registrations.length);
        for (uint256 i; i < registrations.length; ++i) keys[i] = _register(registrations[i], msg.sender);
    }

    /// @inheritdoc ISchemaRegistry
    function registerSigned(
        Registration calldata registration,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external returns (bytes32 key) {
        bytes32 structHash = keccak256(
            abi.encode(
                REGISTER_TYPEHASH,
                registration.kind,
                registration.issuer,
                keccak256(bytes(registration.name)),
                keccak256(bytes(registration.version)),
                keccak256(registration.content),
                registration.restricted,
                _useNonce(signer),
                deadline
            )
        );
        Authorization.requireSignature(_hashTypedDataV4(structHash), deadline, signer, signature);
        return _register(registration, signer);
    }

    /// @inheritdoc IResourceRegistry
    function deactivate(bytes32 key) external {
        _deactivate(key, msg.sender);
    }

    /// @inheritdoc IResourceRegistry
    function deactivateSigned(bytes32 key, uint256 deadline, address signer, bytes calldata signature) external {
        bytes32 structHash = keccak256(abi.encode(DEACTIVATE_TYPEHASH, key, _useNonce(signer), deadline));
        Authorization.requireSignature(_hashTypedDataV4(structHash), deadline, signer, signature);
        _deactivate(key, signer);
    }

    /// @inheritdoc ISchemaRegistry
    function setAllowed(bytes32 key, address[] calldata issuers, bool allowed) external {
        _setAllowed(key, issuers, allowed, msg.sender);
    }

    /// @inheritdoc ISchemaRegistry
    function setAllowedSigned(
        bytes32 key,
        address[] calldata issuers,
        bool allowed,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) external {
        // EIP-712 encodes an array as the hash of its elements, each padded to 32 bytes: encodePacked of one array.
        bytes32 issuersHash = keccak256(abi.encodePacked(issuers));
        bytes32 structHash =
            keccak256(abi.encode(SET_ALLOWED_TYPEHASH, key, issuersHash, allowed, _useNonce(signer), deadline));
        Authorization.requireSignature(_hashTypedDataV4(structHash), deadline, signer, signature);
        _setAllowed(key, issuers, allowed, signer);
    }

    /*//////////////////////////////////////////////////////////////
                              READS
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IAuthorization
    function didRegistry() external view returns (address) {
        return address(_didRegistry);
    }

    /// @inheritdoc IResourceRegistry
    function nonces(address signer) public view override(IResourceRegistry, Nonces) returns (uint256) {
        return super.nonces(signer);
    }

    /// @inheritdoc ISchemaRegistry
    function isAllowed(bytes32 key, address issuer) external view returns (bool) {
        Resources.Head storage stored = _heads[key];
        address owner = stored.issuer;
        if (owner == address(0)) return false;
        return owner == issuer || !stored.flags.has(RESTRICTED) || _allowed[key][issuer];
    }

    /// @inheritdoc ISchemaRegistry
    function head(bytes32 key) external view returns (Head memory) {
        Resources.Head memory stored = _heads[key];
        return Head({
            issuer: stored.issuer,
            blockNumber: stored.blockNumber,
            timestamp: stored.timestamp,
            length: stored.length,
            active: stored.flags.has(Resources.ACTIVE),
            restricted: stored.flags.has(RESTRICTED),
            kind: _kind(stored.flags),
            digest: stored.digest
        });
    }

    /// @inheritdoc ISchemaRegistry
    function stateOf(
        bytes32 key
    ) external view returns (address issuer, SchemaKind kind, bool active, bool restricted) {
        Resources.Head storage stored = _heads[key];
        uint8 flags = stored.flags;
        return (stored.issuer, _kind(flags), flags.has(Resources.ACTIVE), flags.has(RESTRICTED));
    }

    /// @inheritdoc ISchemaRegistry
    function keyOf(
        SchemaKind kind,
        address issuer,
        string calldata name,
        string calldata version
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(kind, issuer, name, version));
    }

    /*//////////////////////////////////////////////////////////////
                            INTERNALS
    //////////////////////////////////////////////////////////////*/

    function _register(Registration calldata registration, address actor) private returns (bytes32 key) {
        address issuer = registration.issuer;
        _didRegistry.requireAuthorized(issuer, DELEGATE_TYPE, actor);
        registration.name.requirePart();
        registration.version.requirePart();

        key = keyOf(registration.kind, issuer, registration.name, registration.version);
        uint8 flags = (registration.restricted ? RESTRICTED : 0)
            | (registration.kind == SchemaKind.AnonCreds ? ANON_CREDS : 0);
        bytes32 digest = _heads.create(key, issuer, registration.content, flags);

        emit SchemaRegistered(
            key,
            issuer,
            registration.kind,
            registration.name,
            registration.version,
            digest,
            registration.restricted,
            registration.content
        );
    }

    function _deactivate(bytes32 key, address actor) private {
        address issuer = _heads.requireActive(key);
        _didRegistry.requireAuthorized(issuer, DELEGATE_TYPE, actor);

        _heads.deactivate(key);
        emit SchemaDeactivated(key, issuer);
    }

    function _setAllowed(bytes32 key, address[] calldata issuers, bool allowed, address actor) private {
        address owner = _heads.requireIssuer(key);
        _didRegistry.requireAuthorized(owner, DELEGATE_TYPE, actor);
        if (!_heads[key].flags.has(RESTRICTED)) revert NotRestricted(key);

        for (uint256 i; i < issuers.length; ++i) {
            _allowed[key][issuers[i]] = allowed;
            emit SchemaIssuerAllowed(key, issuers[i], allowed);
        }
    }

    function _kind(uint8 flags) private pure returns (SchemaKind) {
        return flags.has(ANON_CREDS) ? SchemaKind.AnonCreds : SchemaKind.JsonSchema;
    }
}
